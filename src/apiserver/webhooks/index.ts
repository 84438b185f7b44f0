export { WEBHOOK_READS, webhookPlugins, type WebhookPluginOptions } from './plugins.ts';
export { endpointsOf, SERVICE_READS, serviceResolver, type Address, type ResolveService } from './service-address.ts';
export { hostPort, transportText } from './transport-error.ts';
export { WebhookCallFailed, WebhookClient, type WebhookClientConfig } from './webhook-client.ts';

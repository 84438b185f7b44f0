import { fieldForbidden, fieldInvalid, fieldRequired, validateRange, type FieldError, type FieldPath } from '#apimachinery';

/** How a webhook is reached: this shape is the same for admission and for conversion. */
interface WebhookClient {
  url?: string;
  service?: { namespace?: string; name?: string; path?: string; port?: number };
}

/** A webhook is reached by a URL or by a service, never both. */
export function validateClientConfig(client: WebhookClient | undefined, path: FieldPath): FieldError[] {
  if ((client?.url === undefined) === (client?.service === undefined)) {
    return [fieldRequired(path, 'exactly one of url or service is required')];
  }
  if (client?.url !== undefined) return validateUrl(client.url, path.child('url'));
  return validateService(client?.service ?? {}, path.child('service'));
}

function validateUrl(url: string, path: FieldPath): FieldError[] {
  const form = 'desired format: https://host[/path]';
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (error) {
    return [fieldRequired(path, `url must be a valid URL: ${error instanceof Error ? error.message : String(error)}; ${form}`)];
  }
  const errors: FieldError[] = [];
  if (parsed.protocol !== 'https:')
    errors.push(fieldInvalid(path, parsed.protocol.slice(0, -1), `'https' is the only allowed URL scheme; ${form}`));
  if (parsed.host === '') errors.push(fieldInvalid(path, parsed.host, `host must be specified; ${form}`));
  if (parsed.username !== '' || parsed.password !== '') {
    errors.push(fieldInvalid(path, `${parsed.username}:${parsed.password}`, `user information is not permitted in the URL; ${form}`));
  }
  if (parsed.hash !== '') errors.push(fieldInvalid(path, parsed.hash.slice(1), `fragments are not permitted in the URL; ${form}`));
  if (parsed.search !== '')
    errors.push(fieldInvalid(path, parsed.search.slice(1), `query parameters are not permitted in the URL; ${form}`));
  return errors;
}

function validateService({ namespace, name, path: urlPath, port }: NonNullable<WebhookClient['service']>, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(fieldRequired(path.child('name'), 'service name is required'));
  if (!namespace) errors.push(fieldRequired(path.child('namespace'), 'service namespace is required'));
  if (port !== undefined && validateRange(port, 1, 65535, path.child('port')).length > 0) {
    errors.push(fieldInvalid(path.child('port'), port, 'port is not valid: must be between 1 and 65535, inclusive'));
  }
  if (urlPath === undefined || urlPath === '') return errors;
  if (!urlPath.startsWith('/')) errors.push(fieldInvalid(path.child('path'), urlPath, "must start with a '/'"));
  if (urlPath !== '/' && urlPath.includes('//')) errors.push(fieldForbidden(path.child('path'), 'must not contain an empty segment'));
  return errors;
}

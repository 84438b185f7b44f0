export { badGateway } from './bad-gateway.ts';
export { passSpdy } from './pass-spdy.ts';
export { answerUpgrade, pump } from './pump.ts';
export { bridgeCommand, COMMAND_PROTOCOLS, isWebSocket, offeredProtocols, type CommandStreams } from './remote-command.ts';
export { SpdyConnection, SpdyStream } from './spdy-connection.ts';
export { offersTunnel, tunnelSpdy } from './tunnel.ts';
export { upgradeToSpdy, type Upgraded } from './upgrade.ts';

export { badGateway } from './bad-gateway.ts';
export { passSpdy } from './pass-spdy.ts';
export { forwardChannels, forwardedPorts, offersChannels } from './port-forward-channels.ts';
export { answerUpgrade, pump } from './pump.ts';
export { bridgeCommand, COMMAND_PROTOCOLS, type CommandStreams } from './remote-command.ts';
export { SpdyConnection, SpdyStream } from './spdy-connection.ts';
export { offersTunnel, tunnelSpdy } from './tunnel.ts';
export { upgradeTo, upgradeToSpdy, type Upgraded } from './upgrade.ts';
export { acceptWebSocket, isWebSocket, offeredProtocols } from './web-socket.ts';

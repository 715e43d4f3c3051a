// The library: a server to start and stop from a program or a test.

export type { GivenOptions, ListenAddress, Options } from './app/config.ts';
export { createServer, Server, type ServerParts } from './app/server.ts';
export { FingerpostError } from './base/errors.ts';
export type { Logger } from './base/log.ts';

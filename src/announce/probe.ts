// The kinds of checks: a connection, a page, a command. Each says in a few words why it is not content.
import { spawn } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { messageOf } from '../base/errors.ts';
import { type Problem, quoted } from '../service/problem.ts';
import type { Probe } from './checks.ts';

export interface CheckTarget {
  readonly host: string;
  readonly port: number;
}

export const CHECK_ALLOWED = 'tcp, tcp://HOST:PORT, http://..., https://... or cmd:COMMAND';
/** Of what a command complains about, so many characters are told. */
const MOST_TOLD = 200;

/** The probe that a text stands for; `own` is what is announced. */
export function probeOf(text: string, own: CheckTarget): Probe | Problem {
  if (text === 'tcp') return tcpProbe(own);
  const command = /^cmd:\s*(\S.*)$/s.exec(text)?.[1];
  if (command !== undefined) return commandProbe(command);
  const url = /^(tcp|https?):\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return httpProbe(url);
  const target = url === undefined ? undefined : targetOf(url);
  return target === undefined ? { problem: `${quoted(text)} is none of ${CHECK_ALLOWED}` } : tcpProbe(target);
}

function targetOf({ hostname, port }: URL): CheckTarget | undefined {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === '' || port === '' || port === '0' ? undefined : { host, port: Number(port) };
}

function tcpProbe(target: CheckTarget): Probe {
  return (signal) =>
    new Promise((resolve) => {
      const socket = connect({ host: target.host, port: target.port, signal });
      socket.on('error', (error) => resolve(reasonOf(error)));
      socket.once('connect', () => {
        socket.destroy();
        resolve(undefined);
      });
    });
}

/** Any status from 200 to 399 is well. Certificates are judged as Node judges them (NODE_EXTRA_CA_CERTS). */
function httpProbe(url: URL): Probe {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return (signal) =>
    new Promise((resolve) => {
      const asked = request(url, { signal, agent: false, headers: { connection: 'close' } }, (response) => {
        const status = response.statusCode ?? 0;
        response.on('error', () => {}); // the answer is known
        response.resume();
        resolve(status >= 200 && status < 400 ? undefined : `status ${status}`);
      });
      asked.on('error', (error) => resolve(reasonOf(error)));
      asked.on('upgrade', ({ statusCode }, socket) => {
        socket.destroy();
        resolve(`status ${statusCode}`); // nobody asked for another protocol
      });
      asked.end();
    });
}

/** Run by the shell; it is well where it exits 0. What it has started is killed with it when its time is over. */
function commandProbe(command: string): Probe {
  return (signal) =>
    new Promise((resolve) => {
      const child = spawn('/bin/sh', ['-c', command], {
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true,
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = `${said}${text}`.slice(-MOST_TOLD);
      });
      const kill = () => killGroup(child.pid);
      signal.addEventListener('abort', kill, { once: true });
      child.once('error', (error) => resolve(reasonOf(error)));
      child.once('exit', (code, ended) => {
        signal.removeEventListener('abort', kill);
        child.stderr.destroy();
        resolve(code === 0 ? undefined : endOf(code, ended, said));
      });
    });
}

function endOf(code: number | null, signal: NodeJS.Signals | null, said: string): string {
  const how = code === null ? `ended by ${signal}` : `exit status ${code}`;
  const last = said.trim().split('\n').at(-1);
  return last === undefined || last === '' ? how : `${how}: ${last}`;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Of several addresses of a host each has its own error. */
function reasonOf(error: Error): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return [...new Set(error.errors.map(messageOf))].join('; ');
  return messageOf(error);
}

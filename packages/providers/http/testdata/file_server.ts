/**
 * A server of files in memory that knows range requests, and misbehaves when told to.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What to do to one request in place of, or before, answering it. */
export interface FileFault {
  /** Only requests whose path has this in it. @default any */
  readonly path?: string;
  /** Answers with this status. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Never answers. */
  readonly hang?: boolean;
  /** Answers only after so many milliseconds. */
  readonly delayMs?: number;
  /** Announces the whole body, and cuts the connection after so many bytes. */
  readonly cutAfter?: number;
  /** Gives the whole file, whatever was asked for. */
  readonly ignoreRange?: boolean;
  /** Gives bytes of elsewhere. */
  readonly shift?: number;
  /** Changes the bytes of a good answer. */
  readonly damage?: (bytes: Uint8Array) => Uint8Array;
}

/** A request as it came. */
export interface SeenRequest {
  readonly path: string;
  readonly range: string | null;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** A running server. */
export interface FileServer {
  readonly url: string;
  /** Files by path, such as `/a/b.tif`. */
  readonly files: Map<string, Uint8Array>;
  /** Files that are made when they are first asked for. */
  readonly makers: Map<string, () => Uint8Array>;
  readonly seen: SeenRequest[];
  /** Taken from the front, one a request that it fits. */
  readonly faults: FileFault[];
  /** Most requests that were in work at once. */
  readonly peak: { requests: number };
  close(): Promise<void>;
}

/** Answers a request that is for no file; `false` leaves it as not found. */
export type Handler = (
  request: SeenRequest & { readonly method: string; readonly headers: IncomingMessage["headers"] },
  response: ServerResponse,
) => boolean;

/** Whether a request may have a file. */
export type Guard = (request: SeenRequest) => number | null;

/** Starts a server. */
export async function startFileServer(
  { handle, guard }: { readonly handle?: Handler; readonly guard?: Guard } = {},
): Promise<FileServer> {
  const files = new Map<string, Uint8Array>();
  const makers = new Map<string, () => Uint8Array>();
  const seen: SeenRequest[] = [];
  const faults: FileFault[] = [];
  const peak = { requests: 0 };
  let working = 0;
  const server: Server = createServer((request, response) => {
    working++;
    peak.requests = Math.max(peak.requests, working);
    answer(request, response).catch(() => response.destroy()).finally(() => working--);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://server");
    let body = "";
    for await (const chunk of request) body += new TextDecoder().decode(chunk as Uint8Array);
    const range = request.headers.range ?? null;
    const asked = { path: url.pathname, range, query: url.searchParams, body };
    seen.push(asked);
    const at = faults.findIndex(({ path }) => path === undefined || url.pathname.includes(path));
    const fault = at >= 0 ? faults.splice(at, 1)[0]! : {};
    if (fault.delayMs !== undefined) await new Promise((done) => setTimeout(done, fault.delayMs));
    if (fault.hang) return;
    if (fault.status !== undefined) {
      response.writeHead(fault.status, fault.headers ?? {});
      return void response.end("made to fail");
    }
    const file = files.get(url.pathname) ?? makers.get(url.pathname)?.();
    if (file) files.set(url.pathname, file);
    else {
      const { method = "GET", headers } = request;
      if (handle?.({ ...asked, method, headers }, response)) return;
      response.writeHead(404);
      return void response.end("no such file");
    }
    const refused = guard?.(asked) ?? null;
    if (refused !== null) {
      response.writeHead(refused);
      return void response.end("not allowed");
    }
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
    const isPart = from !== undefined && fault.ignoreRange !== true;
    const start = isPart ? Number(from) + (fault.shift ?? 0) : 0;
    const end = isPart ? Math.min(Number(to) + 1, file.length) : file.length;
    if (start >= file.length) {
      response.writeHead(416);
      return void response.end();
    }
    const part = file.slice(start, end);
    const bytes = fault.damage?.(part) ?? part;
    response.writeHead(isPart ? 206 : 200, {
      "content-length": String(bytes.length),
      "accept-ranges": "bytes",
      ...(isPart ? { "content-range": `bytes ${start}-${end - 1}/${file.length}` } : {}),
    });
    if (fault.cutAfter === undefined) return void response.end(bytes);
    response.write(bytes.subarray(0, fault.cutAfter), () => response.socket?.destroy());
  }

  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files,
    makers,
    seen,
    faults,
    peak,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/**
 * A hub on this machine that speaks the real protocol and checks what it is asked.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What to do to a request before it is answered. */
export interface Faults {
  /** Answers with this status, once for each entry. */
  statuses: { status: number; headers?: Record<string, string> }[];
  /** Cuts the connection after so many bytes of a body, once for each entry. */
  cuts: number[];
  /** Sends other bytes than the hash says. */
  corrupt: boolean;
  /** Announces this size in place of the true one. */
  announced: number | null;
  /** Ignores ranges. */
  noRanges: boolean;
  /** Sends half of the body and then nothing. */
  stall: boolean;
}

/** One request as it came. */
export interface Seen {
  readonly host: "hub" | "cdn";
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** A running hub. */
export interface LoopbackHub extends AsyncDisposable {
  readonly endpoint: string;
  readonly content: Uint8Array;
  readonly sha256: string;
  readonly commit: string;
  readonly faults: Faults;
  readonly seen: Seen[];
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a hub serves, and to whom. */
export interface HubSettings {
  /** Whether the file lies on the CDN. @default true */
  readonly lfs?: boolean;
  /** Who has none is refused. @default anybody is served */
  readonly token?: string;
  /** @default "nasa/toy" */
  readonly repo?: string;
  /** @default "models/weights.bin" */
  readonly file?: string;
}

/** Starts a hub with one large file and a second server as its CDN. */
export async function startHub(
  { lfs = true, token, repo = "nasa/toy", file = "models/weights.bin" }: HubSettings = {},
): Promise<LoopbackHub> {
  const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
  const sha256 = createHash("sha256").update(content).digest("hex");
  const sha1 = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
  const commit = "c".repeat(40);
  const seen: Seen[] = [];
  const faults: Faults = {
    statuses: [],
    cuts: [],
    corrupt: false,
    announced: null,
    noRanges: false,
    stall: false,
  };

  const record = (host: Seen["host"], request: IncomingMessage) => {
    const { method = "", url = "", headers } = request;
    seen.push({
      host,
      method,
      path: url,
      range: headers.range,
      authorization: headers.authorization,
    });
  };

  const sendBody = (request: IncomingMessage, response: ServerResponse) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? NaN);
    const ranged = !Number.isNaN(from) && !faults.noRanges;
    if (ranged && from >= content.length) return void response.writeHead(416).end();
    const body = content.slice(ranged ? from : 0);
    if (faults.corrupt) body[0] = body[0]! ^ 255;
    response.writeHead(ranged ? 206 : 200, {
      "content-length": body.length,
      ...(ranged
        ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` }
        : {}),
    });
    if (faults.stall) return void response.write(body.subarray(0, body.length / 2));
    const cut = faults.cuts.shift();
    if (cut === undefined) return void response.end(body);
    response.write(body.subarray(0, cut), () => setTimeout(() => response.destroy(), 20));
  };

  const cdn = createServer((request, response) => {
    record("cdn", request);
    if (request.headers.authorization) {
      return void response.writeHead(400).end("a token for the hub came");
    }
    sendBody(request, response);
  });
  const cdnOrigin = await listen(cdn);

  const hub = createServer((request, response) => {
    record("hub", request);
    const fault = faults.statuses.shift();
    if (fault) return void response.writeHead(fault.status, fault.headers).end();
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      return void response.writeHead(401).end();
    }
    const path = `/resolve/main/${file}`;
    if (request.url === `/old/toy${path}`) {
      // a renamed repository redirects within the hub
      return void response.writeHead(307, { location: `/${repo}${path}` }).end();
    }
    if (request.url !== `/${repo}${path}`) return void response.writeHead(404).end();
    const size = String(faults.announced ?? content.length);
    const common = { "x-repo-commit": commit, etag: `"${lfs ? "0".repeat(40) : sha1}"` };
    if (lfs) {
      response.writeHead(302, {
        ...common,
        "x-linked-etag": `"${sha256}"`,
        "x-linked-size": size,
        location: `${cdnOrigin}/blob?signature=1`,
      }).end();
    } else if (request.method === "HEAD") {
      response.writeHead(200, { ...common, "content-length": size }).end();
    } else sendBody(request, response);
  });

  return {
    endpoint: await listen(hub),
    content,
    sha256,
    commit,
    faults,
    seen,
    async [Symbol.asyncDispose]() {
      for (const server of [hub, cdn]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  };
}

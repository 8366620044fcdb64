/**
 * Earth Engine on this machine: its REST protocol over made-up collections, with tokens and faults.
 *
 * @module
 */

import { createPublicKey, verify } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { concatBytes, type Grid } from "@rsembed/core";
import { algorithms } from "./algorithms.ts";
import { evaluate, type Holdings, pixelBytes } from "./evaluate.ts";
import { readGraph, ServiceError } from "./graph.ts";
import type { EeImage } from "./images.ts";
import { npyBytes } from "./npy_bytes.ts";

/** What to do to one request in place of, or before, answering it. */
export interface Fault {
  /** Only requests of this method. @default any */
  readonly method?: "value:compute" | "image:computePixels";
  /** Answers with this status. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The message of the refusal, or the whole body where it begins with `<`. */
  readonly message?: string;
  /** Answers only after so many milliseconds. */
  readonly delayMs?: number;
  /** Never answers. */
  readonly hang?: boolean;
  /** Announces the whole body, and cuts the connection after so many bytes. */
  readonly cutAfter?: number;
  /** Changes the bytes of a good answer. */
  readonly damage?: (bytes: Uint8Array) => Uint8Array;
}

/** One request as it came. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  // deno-lint-ignore no-explicit-any
  readonly body: any;
  readonly startMs: number;
}

/** A running double. */
export interface EarthEngineDouble {
  readonly url: string;
  /** Requests for values and pixels, as they came. */
  readonly seen: Seen[];
  /** Requests for tokens: their fields. */
  readonly tokenRequests: Readonly<Record<string, string>>[];
  /** Taken from the front, one a request that it fits. */
  readonly faults: Fault[];
  /** Most requests that were in work at once. */
  readonly peak: { requests: number };
  /** Tokens that are taken; the first is taken from the start. */
  readonly tokens: Set<string>;
  /** Answers of the token service with this status, if set. */
  tokenStatus: number | null;
  close(): Promise<void>;
}

/** What a double holds and whom it trusts. */
export interface DoubleOptions {
  readonly holdings: Holdings;
  /** @default "test-project" */
  readonly project?: string;
  /** Public key (PEM) that claims of service accounts are checked with. */
  readonly publicKey?: string;
  /** The refresh token that users have. */
  readonly refreshToken?: string;
}

/** The token that a double takes from the start. */
export const firstToken = "token-0";

const maxBytes = 50_331_648;

/** Starts a double. */
export async function startDouble(options: DoubleOptions): Promise<EarthEngineDouble> {
  const project = options.project ?? "test-project";
  let working = 0;
  let tokenCount = 0;
  const double = {
    url: "",
    seen: [] as Seen[],
    tokenRequests: [] as Readonly<Record<string, string>>[],
    faults: [] as Fault[],
    peak: { requests: 0 },
    tokens: new Set([firstToken]),
    tokenStatus: null as number | null,
    close: () => Promise.resolve(),
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      const status = error instanceof ServiceError ? error.status : 500;
      refuse(response, { status, message: String(error?.message ?? error) });
    });
  });

  function refuse(
    response: ServerResponse,
    { status, message, headers = {} }: { status: number; message: string; headers?: Readonly<Record<string, string>> },
  ): void {
    const isPage = message.startsWith("<");
    const body = isPage ? message : JSON.stringify({ error: { code: status, message, status: "FAILED" } });
    response.writeHead(status, { "content-type": isPage ? "text/html" : "application/json", ...headers });
    response.end(body);
  }

  async function bodyOf(request: IncomingMessage): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    return new TextDecoder().decode(concatBytes(chunks));
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://double").pathname;
    const body = await bodyOf(request);
    if (path === "/token" || path === "/sts" || path.startsWith("/impersonate/")) {
      return giveToken(path, { body, request, response });
    }
    if (path.startsWith("/computeMetadata/v1/")) return giveMetadata(path, request, response);
    const match = /^\/(?:v1|v1alpha)\/projects\/([^/]+)\/(value:compute|image:computePixels|algorithms)$/.exec(path);
    if (!match) throw new ServiceError(`No such method: ${path}`, 404);
    const method = match[2]!;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined || !double.tokens.has(token)) {
      throw new ServiceError("Request had invalid authentication credentials.", 401);
    }
    if (match[1] !== project) throw new ServiceError(`Project '${match[1]}' is not registered to use Earth Engine.`, 403);
    if (method === "algorithms") return send(response, { bytes: json(algorithms()) });
    if (request.headers["x-goog-user-project"] !== project) throw new ServiceError("Whose quota?", 403);
    if (request.method !== "POST") throw new ServiceError("Not allowed.", 405);
    working++;
    double.peak.requests = Math.max(double.peak.requests, working);
    try {
      const parsed = JSON.parse(body);
      double.seen.push({
        method,
        path,
        headers: request.headers,
        body: parsed,
        startMs: performance.now(),
      });
      const at = double.faults.findIndex((fault) => (fault.method ?? method) === method);
      const fault = at >= 0 ? double.faults.splice(at, 1)[0]! : {};
      if (fault.delayMs !== undefined) await new Promise((done) => setTimeout(done, fault.delayMs));
      if (fault.hang) return;
      if (fault.status !== undefined) {
        return refuse(response, {
          status: fault.status,
          message: fault.message ?? "Made to fail.",
          ...(fault.headers ? { headers: fault.headers } : {}),
        });
      }
      const bytes = compute(method, parsed);
      send(response, { bytes: fault.damage?.(bytes) ?? bytes, cutAfter: fault.cutAfter });
    } finally {
      working--;
    }
  }

  // deno-lint-ignore no-explicit-any
  function compute(method: string, body: any): Uint8Array {
    const value = evaluate(readGraph(body.expression), options.holdings);
    if (method === "value:compute") {
      if (value?.kind === "image") throw new ServiceError("An image is no value.");
      return json({ result: value });
    }
    const image = selectBands(value, body.bandIds);
    if (body.fileFormat !== "NPY") throw new ServiceError(`Format ${body.fileFormat} is not made here.`);
    const grid = gridOf(body.grid);
    const total = grid.width * grid.height * pixelBytes(image);
    if (total > maxBytes) {
      throw new ServiceError(`Total request size (${total} bytes) must be less than or equal to ${maxBytes} bytes.`);
    }
    if (Math.max(grid.width, grid.height) > 32768 || image.bands.length > 1024) {
      throw new ServiceError("Pixel grid dimensions must be less than or equal to 32768.");
    }
    return npyBytes(image, grid);
  }

  function giveToken(
    path: string,
    { body, request, response }: { body: string; request: IncomingMessage; response: ServerResponse },
  ): void {
    const isForm = request.headers["content-type"] === "application/x-www-form-urlencoded";
    const fields = isForm
      ? Object.fromEntries(new URLSearchParams(body))
      : JSON.parse(body) as Record<string, string>;
    double.tokenRequests.push(fields);
    if (double.tokenStatus !== null) {
      return refuse(response, { status: double.tokenStatus, message: "<html>token service is out" });
    }
    const denied = path === "/token" ? tokenDenial(fields) : null;
    if (denied) {
      response.writeHead(400, { "content-type": "application/json" });
      return void response.end(JSON.stringify({ error: "invalid_grant", error_description: denied }));
    }
    const token = `token-${++tokenCount}`;
    double.tokens.add(token);
    send(response, {
      bytes: path.startsWith("/impersonate/")
        ? json({ accessToken: token, expireTime: new Date(Date.now() + 3_600_000).toISOString() })
        : json({ access_token: token, expires_in: 3600, token_type: "Bearer" }),
    });
  }

  function tokenDenial(fields: Readonly<Record<string, string>>): string | null {
    if (fields["grant_type"] === "refresh_token") {
      return fields["refresh_token"] === options.refreshToken && fields["client_id"] && fields["client_secret"]
        ? null
        : "Token has been expired or revoked.";
    }
    if (fields["grant_type"] !== "urn:ietf:params:oauth:grant-type:jwt-bearer") return "Unknown grant.";
    const [head, claim, signature] = (fields["assertion"] ?? "").split(".");
    if (!head || !claim || !signature || !options.publicKey) return "Invalid JWT.";
    const key = createPublicKey(options.publicKey);
    const signed = new TextEncoder().encode(`${head}.${claim}`);
    if (!verify("RSA-SHA256", signed, key, decode(signature))) return "Invalid JWT signature.";
    const { aud, iat, exp, iss, scope } = JSON.parse(new TextDecoder().decode(decode(claim)));
    const now = Date.now() / 1000;
    const isGood = aud === `${double.url}/token` && iat <= now && exp > now && exp - iat <= 3600 &&
      typeof iss === "string" && String(scope).includes("/auth/earthengine");
    return isGood ? null : "Invalid JWT claims.";
  }

  function giveMetadata(path: string, request: IncomingMessage, response: ServerResponse): void {
    if (request.headers["metadata-flavor"] !== "Google") throw new ServiceError("Missing flavor.", 403);
    const headers = { "metadata-flavor": "Google" };
    if (path.endsWith("/project/project-id")) {
      response.writeHead(200, headers);
      return void response.end(project);
    }
    const token = `token-${++tokenCount}`;
    double.tokens.add(token);
    response.writeHead(200, headers);
    response.end(JSON.stringify({ access_token: token, expires_in: 3600 }));
  }

  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  double.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  double.close = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return double;
}

function selectBands(value: EeImage, names: readonly string[] | undefined): EeImage {
  if (value?.kind !== "image") throw new ServiceError("A value is no image.");
  if (!names) return value;
  return {
    ...value,
    bands: names.map((name) => {
      const band = value.bands.find((one) => one.name === name);
      if (!band) throw new ServiceError(`No band ${name}.`);
      return band;
    }),
  };
}

// deno-lint-ignore no-explicit-any
function gridOf(grid: any): Grid {
  const { scaleX, shearX, translateX, shearY, scaleY, translateY } = grid.affineTransform;
  return {
    crs: grid.crsCode,
    transform: [scaleX, shearX, translateX, shearY, scaleY, translateY],
    width: grid.dimensions.width,
    height: grid.dimensions.height,
  };
}

function send(
  response: ServerResponse,
  { bytes, cutAfter }: { bytes: Uint8Array; cutAfter?: number | undefined },
): void {
  response.writeHead(200, { "content-length": String(bytes.length) });
  if (cutAfter === undefined) return void response.end(bytes);
  response.write(bytes.subarray(0, cutAfter), () => response.socket?.destroy());
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function decode(base64Url: string): Uint8Array {
  const text = atob(base64Url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

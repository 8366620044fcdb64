/**
 * Signed requests to S3 and whatever speaks like it.
 *
 * Source: AWS, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)".
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";

/** Who asks. */
export interface S3Credentials {
  /** Id of the access key. */
  readonly accessKeyId: string;
  /** Its secret. */
  readonly secretAccessKey: string;
  /** Token of a session, with credentials that end. */
  readonly sessionToken?: string | undefined;
}

/** A request before it is signed. */
export interface SignRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** What a signature is made with. */
export interface SignOptions {
  readonly credentials: S3Credentials;
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

const algorithm = "AWS4-HMAC-SHA256";

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Uint8Array, data: string): Uint8Array {
  return createHmac("sha256", key).update(data).digest();
}

/** All but unreserved characters as `%XX`. */
export function encodeKey(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * The headers of a signed request: those given, and those of the signature.
 */
export function signedHeaders(
  { method, url, headers = {}, body = new Uint8Array() }: SignRequest,
  { credentials, region, nowMs }: SignOptions,
): Record<string, string> {
  const stamp = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = stamp.slice(0, 8);
  const hash = sha256(body);
  const all: Record<string, string> = {
    ...headers,
    "x-amz-content-sha256": hash,
    "x-amz-date": stamp,
    ...(credentials.sessionToken ? { "x-amz-security-token": credentials.sessionToken } : {}),
  };
  const lines = Object.entries({ ...all, host: url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, " ")] as const)
    .sort(([a], [b]) => a < b ? -1 : 1);
  const names = lines.map(([name]) => name).join(";");
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeKey(name)}=${encodeKey(value)}`).sort().join("&");
  const path = url.pathname.split("/").map((part) => encodeKey(decodeURIComponent(part))).join("/");
  const canonical = [
    method,
    path,
    query,
    ...lines.map(([name, value]) => `${name}:${value}`),
    "",
    names,
    hash,
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = ["s3", "aws4_request"].reduce(
    hmac,
    hmac(hmac(`AWS4${credentials.secretAccessKey}`, day), region),
  );
  const text = [algorithm, stamp, scope, sha256(canonical)].join("\n");
  const signature = createHmac("sha256", key).update(text).digest("hex");
  return {
    ...all,
    authorization:
      `${algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

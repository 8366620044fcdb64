/**
 * A bucket on this machine, which checks every signature by itself and misbehaves when told to.
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { concatBytes } from "@rsembed/core";

/** A running bucket. */
export interface BucketServer {
  readonly url: string;
  readonly objects: Map<string, Uint8Array>;
  /** Uploads in parts that were neither completed nor aborted. */
  readonly uploads: Map<string, Map<number, Uint8Array>>;
  /** Requests as they came: method, key and query. */
  readonly seen: string[];
  /** Statuses to answer with, taken from the front; 0 answers as it should. */
  readonly faults: number[];
  /** Keys that a list gives at once. */
  pageSize: number;
  close(): Promise<void>;
}

/** The credentials that it knows. */
export const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret/key+x" };
/** The bucket and region that it is. */
export const bucket = "test-bucket", region = "eu-test-1";

const hash = (data: Uint8Array | string) => createHash("sha256").update(data).digest("hex");
const mac = (key: Uint8Array | string, data: string) => createHmac("sha256", key).update(data).digest();
const encode = (text: string) =>
  [...new TextEncoder().encode(text)].map((byte) =>
    /[A-Za-z0-9._~-]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
  ).join("");

/** Why a request is not well signed, or `null`. Written from the description, not from the client. */
function signatureProblem(request: IncomingMessage, body: Uint8Array): string | null {
  const { headers, method = "" } = request;
  const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
    .exec(headers.authorization ?? "");
  if (!match) return "InvalidAuthorization";
  const [, key, day, where, names, signature] = match;
  if (key !== credentials.accessKeyId) return "InvalidAccessKeyId";
  if (where !== region) return "AuthorizationHeaderMalformed";
  const stamp = String(headers["x-amz-date"]);
  const time = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!stamp.startsWith(day!) || !(Math.abs(Date.now() - time) < 900_000)) return "RequestTimeTooSkewed";
  if (headers["x-amz-content-sha256"] !== hash(body)) return "XAmzContentSHA256Mismatch";
  for (const wanted of ["host", "x-amz-content-sha256", "x-amz-date"]) {
    if (!names!.split(";").includes(wanted)) return `NotSigned ${wanted}`;
  }
  const url = new URL(request.url ?? "/", "http://x");
  const query = [...url.searchParams].map(([k, v]) => `${encode(k)}=${encode(v)}`).sort().join("&");
  const path = url.pathname.split("/").map((part) => encode(decodeURIComponent(part))).join("/");
  const canonical = [
    method,
    path,
    query,
    ...names!.split(";").map((name) => `${name}:${String(headers[name]).trim()}`),
    "",
    names,
    hash(body),
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", stamp, `${day}/${region}/s3/aws4_request`, hash(canonical)].join("\n");
  let signing = mac(`AWS4${credentials.secretAccessKey}`, day!);
  for (const part of [region, "s3", "aws4_request"]) signing = mac(signing, part);
  const right = createHmac("sha256", signing).update(text).digest("hex");
  return right === signature ? null : "SignatureDoesNotMatch";
}

/** Starts a bucket. */
export async function startBucket(): Promise<BucketServer> {
  const objects = new Map<string, Uint8Array>();
  const uploads = new Map<string, Map<number, Uint8Array>>();
  const seen: string[] = [];
  const faults: number[] = [];
  const state = { pageSize: 1000, url: "" };
  let count = 0;

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const body = concatBytes(chunks);
    const send = (status: number, text = "", headers: Record<string, string> = {}) => {
      response.writeHead(status, headers);
      response.end(request.method === "HEAD" ? undefined : text);
    };
    const give = (object: Uint8Array | undefined, range: string | undefined): void => {
      if (!object) return refuse(404, "NoSuchKey");
      const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? [];
      if (from === undefined || to === undefined) return void response.writeHead(200).end(object);
      const start = from === "" ? Math.max(0, object.length - Number(to)) : Number(from);
      if (start >= object.length) return refuse(416, "InvalidRange");
      response.writeHead(206).end(
        object.subarray(start, from === "" || to === "" ? undefined : Number(to) + 1),
      );
    };
    const refuse = (status: number, code: string) =>
      send(status, `<Error><Code>${code}</Code><Message>Made to fail &amp; said so.</Message></Error>`);
    const url = new URL(request.url ?? "/", "http://x");
    seen.push(`${request.method} ${decodeURIComponent(url.pathname)}${url.search}`);
    const fault = faults.shift();
    if (fault) return refuse(fault, "SlowDown");
    const problem = signatureProblem(request, body);
    if (problem) return refuse(403, problem);
    const [, name, ...rest] = url.pathname.split("/").map((part) => decodeURIComponent(part));
    if (name !== bucket) return refuse(404, "NoSuchBucket");
    const key = rest.join("/");
    const query = url.searchParams;
    const uploadId = query.get("uploadId");
    switch (request.method) {
      case "HEAD":
        return send(objects.has(key) ? 200 : 404);
      case "GET": {
        if (key !== "") return give(objects.get(key), request.headers.range);
        const prefix = query.get("prefix") ?? "";
        const after = query.get("continuation-token") ?? "";
        const keys = [...objects.keys()].filter((one) => one.startsWith(prefix) && one > after).sort();
        const page = keys.slice(0, state.pageSize);
        const more = keys.length > page.length;
        return send(
          200,
          `<ListBucketResult>${
            page.map((one) => `<Contents><Key>${one.replace(/&/g, "&amp;")}</Key></Contents>`).join("")
          }<IsTruncated>${more}</IsTruncated>${
            more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ""
          }</ListBucketResult>`,
        );
      }
      case "PUT": {
        if (uploadId === null) objects.set(key, body);
        else {
          const parts = uploads.get(uploadId);
          if (!parts) return refuse(404, "NoSuchUpload");
          parts.set(Number(query.get("partNumber")), body);
        }
        return send(200, "", { etag: `"${hash(body).slice(0, 32)}"` });
      }
      case "POST": {
        if (query.has("uploads")) {
          const id = `upload-${++count}`;
          uploads.set(id, new Map());
          return send(200, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
        }
        const parts = uploads.get(uploadId ?? "");
        if (!parts) return refuse(404, "NoSuchUpload");
        const text = new TextDecoder().decode(body);
        const listed = [...text.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag>/g)];
        const right = listed.length === parts.size && listed.every(([, number, tag]) =>
          tag === `"${hash(parts.get(Number(number)) ?? "").slice(0, 32)}"`
        );
        if (!right) return refuse(400, "InvalidPart");
        const ordered = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
        const whole = concatBytes(ordered);
        objects.set(key, whole);
        uploads.delete(uploadId!);
        return send(200, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
      }
      case "DELETE":
        if (uploadId !== null) uploads.delete(uploadId);
        else objects.delete(key);
        return send(204);
    }
    refuse(405, "MethodNotAllowed");
  }

  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(state, {
    objects,
    uploads,
    seen,
    faults,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  });
}

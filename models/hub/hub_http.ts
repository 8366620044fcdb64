/**
 * Talking to the hub: redirects, credentials, and what its answers mean.
 *
 * @module
 */

import {
  errorMessage,
  type HubWeights,
  RsembedError,
  statusFacts,
  type WeightsRef,
} from "@rsembed/core";

/** How to reach the hub. */
export interface HubConnection {
  /** Base address of the hub. */
  readonly endpoint: string;
  readonly token: string | null;
  readonly signal?: AbortSignal | undefined;
}

/** Address of a file. */
export function fileUrl(endpoint: string, { repo, revision, file }: HubWeights): URL {
  const path = [repo, "resolve", encodeURIComponent(revision), file]
    .map((part, i) => i === 2 ? part : part.split("/").map(encodeURIComponent).join("/"))
    .join("/");
  return new URL(`${endpoint.replace(/\/+$/, "")}/${path}`);
}

/**
 * Turns an answer that is no success into an error.
 *
 * @throws {RsembedError} `auth`, `not-found` or `unavailable`
 */
export function refuseStatus(response: Response, ref: WeightsRef): never {
  const { status } = response;
  const { repo, file } = ref;
  const what = `"${file}" of ${repo}${ref.hub === "web" ? "" : ` (revision ${ref.revision})`}`;
  const server = ref.hub === "web" ? new URL(ref.url).host : "the hub";
  if (status === 401 || status === 403) {
    throw new RsembedError(
      "auth",
      `Cannot download ${what}: ${server} answers ${status}` +
        (ref.hub === "web" ? "" : "; accept the model's terms there and set HF_TOKEN"),
      { facts: { service: repo } },
    );
  }
  if (status === 404) {
    throw new RsembedError("not-found", `Cannot download ${what}: ${server} has no such file`, {
      facts: { name: `${repo}/${file}` },
    });
  }
  throw new RsembedError("unavailable", `Cannot download ${what}: ${server} answers ${status}`, {
    facts: { resource: repo, ...statusFacts(status, response.headers.get("retry-after")) },
  });
}

const maxRedirects = 10;

/**
 * Asks for an address. Redirects that `follow` accepts are followed; the token goes to the hub's own origin
 * and nowhere else.
 *
 * @throws {RsembedError} `unavailable` where the address cannot be reached
 */
export async function ask(
  url: URL,
  { endpoint, token, signal }: HubConnection,
  options: {
    readonly method: "GET" | "HEAD";
    readonly headers?: Readonly<Record<string, string>>;
    readonly follow: (from: URL, to: URL) => boolean;
  },
): Promise<Response> {
  const home = new URL(endpoint).origin;
  let target = url;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const headers: Record<string, string> = {
      ...options.headers,
      // lengths and ranges must be those of the file itself
      "accept-encoding": "identity",
      ...(token !== null && target.origin === home ? { authorization: `Bearer ${token}` } : {}),
    };
    let response: Response;
    try {
      response = await fetch(target, {
        method: options.method,
        headers,
        redirect: "manual",
        ...(signal ? { signal } : {}),
      });
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      throw new RsembedError("unavailable", `Cannot reach ${target.host}: ${errorMessage(cause)}`, {
        facts: { resource: target.host },
        cause,
      });
    }
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    const next = new URL(location, target);
    if (!options.follow(target, next)) return response;
    if (next.protocol !== "https:" && next.protocol !== target.protocol) {
      throw new RsembedError(
        "unavailable",
        `Cannot follow ${target.host}: it leads to ${next.protocol}`,
        {
          facts: { resource: target.host, permanent: true },
        },
      );
    }
    await response.body?.cancel();
    target = next;
  }
  throw new RsembedError("unavailable", `Cannot reach ${url.host}: it redirects without end`, {
    facts: { resource: url.host, permanent: true },
  });
}

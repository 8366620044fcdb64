/**
 * Who asks Google's services, and how each kind of credential becomes an access token.
 *
 * @module
 */

import { boundedBody, RsembedError } from "@rsembed/core";
import { loopbackOrHttps, withTimeout } from "../http/requests.ts";

/** A token and its end. */
export interface AccessToken {
  /** What stands after `Bearer`. */
  readonly value: string;
  /** When it runs out, milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** Somebody who can get tokens. */
export interface Credential {
  /** What it is, for messages; never a secret. */
  readonly label: string;
  /** The project that comes with it. */
  readonly project: string | null;
  /** Whether a refused token can be replaced. */
  readonly isRenewable: boolean;
  /**
   * A new token.
   *
   * @throws {RsembedError} `auth` where the credential is refused, `unavailable` where nobody answers
   */
  refresh(): Promise<AccessToken>;
}

/** Rights that a service account asks for. */
export const scopes: readonly string[] = [
  "https://www.googleapis.com/auth/earthengine",
  "https://www.googleapis.com/auth/cloud-platform",
];

/** Google's token service. */
export const googleTokenUrl = "https://oauth2.googleapis.com/token";

const answerTimeoutMs = 30_000;
const maxAnswerBytes = 1 << 18;

/** A request for a token. */
export interface TokenRequest {
  /** Who asks, for messages. */
  readonly label: string;
  /** Where to; https, or this machine. */
  readonly url: string;
  /** A form, or JSON. */
  readonly body: URLSearchParams | Readonly<Record<string, unknown>>;
  /** More headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Asks for a token; the answer's fields.
 *
 * @throws {RsembedError} `auth` for a refusal, `unavailable` where asking again may help, `corrupt` for an
 * answer that is no JSON object
 */
export async function askForToken(
  { label, url, body, headers }: TokenRequest,
): Promise<Readonly<Record<string, unknown>>> {
  const address = loopbackOrHttps(url, "token_uri");
  const isForm = body instanceof URLSearchParams;
  const { status, text } = await withTimeout(
    { timeoutMs: answerTimeoutMs, what: address.host },
    async (signal) => {
      const response = await fetch(address, {
        method: "POST",
        headers: {
          "content-type": isForm ? "application/x-www-form-urlencoded" : "application/json",
          ...headers,
        },
        body: isForm ? body.toString() : JSON.stringify(body),
        redirect: "error",
        signal,
      });
      const bytes = await boundedBody(response, maxAnswerBytes);
      return { status: response.status, text: new TextDecoder().decode(bytes) };
    },
  );
  if (status === 429 || status >= 500) {
    throw new RsembedError(
      "unavailable",
      `Cannot get a token from ${address.host}: it answers ${status}`,
      {
        facts: { resource: address.host, status },
      },
    );
  }
  const answer = jsonObject(text);
  if (status < 200 || status >= 300) {
    const { error, error_description: description } = answer ?? {};
    const said = [error, description].filter((part) => typeof part === "string").join(", ");
    throw new RsembedError(
      "auth",
      `Cannot log in with ${label}: ${address.host} answers ${status}${
        said === "" ? "" : `, ${said}`
      }`,
      {
        facts: { service: "Google" },
      },
    );
  }
  if (!answer) {
    throw new RsembedError(
      "corrupt",
      `Cannot log in with ${label}: the answer of ${address.host} is no JSON object`,
      {
        facts: { source: address.host },
      },
    );
  }
  return answer;
}

/** The token of an OAuth answer, `{access_token, expires_in}`. */
export function oauthToken(answer: Readonly<Record<string, unknown>>, label: string): AccessToken {
  const { access_token: value, expires_in: seconds } = answer;
  if (typeof value !== "string" || value === "") {
    throw new RsembedError(
      "corrupt",
      `Cannot log in with ${label}: the answer holds no access token`,
      {
        facts: { source: label },
      },
    );
  }
  const lifetime = typeof seconds === "number" && seconds > 0 ? seconds : 3600;
  return { value, expiresAtMs: Date.now() + 1000 * lifetime };
}

/** A JSON object, or `null` for any other text. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(text) as unknown;
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value as Readonly<Record<string, unknown>> : null;
  } catch {
    return null;
  }
}

/** A credential that is a token already. */
export function givenToken(value: string, label: string): Credential {
  return {
    label,
    project: null,
    isRenewable: false,
    refresh: () => Promise.resolve({ value, expiresAtMs: Infinity }),
  };
}

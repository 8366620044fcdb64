/**
 * Service accounts: a signed claim in exchange for a token.
 *
 * Source: RFC 7523, and Google's "OAuth 2.0 for server to server applications".
 *
 * @module
 */

import { errorMessage, RsembedError } from "@rsembed/core";
import { askForToken, type Credential, oauthToken, scopes } from "./credential.ts";

/** A key file of a service account. */
export interface ServiceAccountKey {
  /** The account. */
  readonly client_email: string;
  /** PKCS #8, PEM. */
  readonly private_key: string;
  /** Id of the key. */
  readonly private_key_id?: string | undefined;
  /** Where claims are exchanged. */
  readonly token_uri: string;
  /** The account's project. */
  readonly project_id: string | null;
}

/** The credential of a service account. */
export function serviceAccount(key: ServiceAccountKey, label: string): Credential {
  return {
    label,
    project: key.project_id,
    isRenewable: true,
    async refresh() {
      const assertion = await signedClaim(key, Math.floor(Date.now() / 1000));
      const body = new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion,
      });
      return oauthToken(await askForToken({ label, url: key.token_uri, body }), label);
    },
  };
}

/** A claim good for an hour, `header.payload.signature`. */
async function signedClaim(key: ServiceAccountKey, nowS: number): Promise<string> {
  const header = {
    alg: "RS256",
    typ: "JWT",
    ...(key.private_key_id ? { kid: key.private_key_id } : {}),
  };
  // a clock that is fast by less than this does no harm
  const issuedS = nowS - 30;
  const claim = {
    iss: key.client_email,
    scope: scopes.join(" "),
    aud: key.token_uri,
    iat: issuedS,
    exp: issuedS + 3600,
  };
  const text = [header, claim]
    .map((part) => base64Url(new TextEncoder().encode(JSON.stringify(part)))).join(".");
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  let signing: CryptoKey;
  try {
    signing = await crypto.subtle.importKey("pkcs8", derOf(key.private_key), algorithm, false, [
      "sign",
    ]);
  } catch (cause) {
    throw new RsembedError(
      "auth",
      `Cannot log in as ${key.client_email}: its private key is not readable (${
        errorMessage(cause)
      }), a PKCS #8 key in PEM is wanted`,
      {
        facts: { service: "Google" },
        cause,
      },
    );
  }
  const signature = await crypto.subtle.sign(
    algorithm.name,
    signing,
    new TextEncoder().encode(text),
  );
  return `${text}.${base64Url(new Uint8Array(signature))}`;
}

function derOf(pem: string): Uint8Array<ArrayBuffer> {
  const body = /-----BEGIN PRIVATE KEY-----([\s\S]*?)-----END PRIVATE KEY-----/.exec(pem)?.[1];
  return Uint8Array.from(atob((body ?? "").replace(/\s+/g, "")), (char) => char.charCodeAt(0));
}

function base64Url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/**
 * Access tokens, renewed before they run out.
 *
 * @module
 */

import type { AccessToken, Credential } from "./credential.ts";
import { unlessAborted } from "../http/requests.ts";

/** Gives the token of the moment. */
export interface TokenSource {
  /** A token that is good for a while yet; rejects with the signal's reason. */
  token(options?: { readonly signal?: AbortSignal | undefined }): Promise<string>;
  /** Says that a token was refused; `false` where no other can be had. */
  renew(refused: string): boolean;
}

/** Time before its end at which a token counts as run out, milliseconds. */
const marginMs = 120_000;

/** One token for all, asked for once however many wait for it. */
export function tokenSource(credential: Credential): TokenSource {
  let current: AccessToken | null = null;
  let pending: Promise<AccessToken> | null = null;

  function fresh(): Promise<AccessToken> {
    if (current && current.expiresAtMs - marginMs > Date.now()) return Promise.resolve(current);
    if (pending) return pending;
    const asked = credential.refresh();
    pending = asked;
    const settle = () => {
      if (pending === asked) pending = null;
    };
    asked.then((token) => {
      current = token;
      settle();
    }, settle);
    return asked;
  }

  return {
    async token({ signal } = {}) {
      return (await unlessAborted(fresh(), signal)).value;
    },
    renew(refused) {
      if (current?.value === refused) current = null;
      return credential.isRenewable;
    },
  };
}

/**
 * What the refusals of Earth Engine mean.
 *
 * @module
 */

import { nearest, RsembedError } from "@rsembed/core";

/** An answer that is no success. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** The service's own words, or the start of whatever came. */
  readonly message: string;
  /** `Retry-After`, milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The Google Cloud project that asked. */
  readonly project: string;
}

const service = "Google Earth Engine";

/** Value of `facts.limit` where a computation was too large, and a smaller window may do. */
export const computationLimit = "Earth Engine's memory and time for one answer";

/** The text of `{"error": {"message"}}`, or the start of any other body. */
export function refusalMessage(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: unknown } | string };
    if (typeof error === "string") return error;
    if (typeof error?.message === "string") return error.message.slice(0, 2000);
  } catch {
    // a proxy's page, or nothing
  }
  const text = body.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();
  return text === "" ? "no reason is given" : text.slice(0, 200);
}

/** Drops the final period, as messages go on after it. */
function sentence(text: string): string {
  return text.trim().replace(/\.$/, "");
}

/**
 * The error that a refusal is.
 *
 * Source: texts of Earth Engine's answers as found in public reports; statuses by its REST reference.
 */
export function refusalError(refusal: Refusal): RsembedError {
  const { status, project } = refusal;
  const said = sentence(refusal.message);
  if (status === 401) {
    return new RsembedError(
      "auth",
      `Cannot ask Earth Engine: it takes the access token no more (${said}), log in again with "earthengine authenticate" or give a new token`,
      { facts: { service } },
    );
  }
  if (status === 403) {
    return new RsembedError(
      "auth",
      `Cannot ask Earth Engine as project "${project}": ${said}; the project must be registered at https://code.earthengine.google.com/register, have the Earth Engine API switched on, and let the account use it`,
      { facts: { service } },
    );
  }
  if (status === 429 || status === 408 || status >= 500) {
    return new RsembedError(
      "unavailable",
      `Cannot ask Earth Engine: it answers ${status}, ${said}`,
      {
        facts: {
          resource: service,
          status,
          ...(refusal.retryAfterMs === undefined ? {} : { retryAfterMs: refusal.retryAfterMs }),
        },
      },
    );
  }
  return requestError(status, said);
}

/** What a 400 or 404 says of the request. */
function requestError(status: number, said: string): RsembedError {
  if (/with no bands|Available bands: \[\]/i.test(said)) {
    return new RsembedError("no-data", `Cannot find imagery in Earth Engine: ${said}`, {
      facts: { source: service },
    });
  }
  const band = /Band pattern '([^']*)' did not match any bands/i.exec(said)?.[1];
  if (band !== undefined) {
    const listed = /Available bands: \[([^\]]*)\]/i.exec(said)?.[1] ?? "";
    const bands = listed.split(",").map((name) => name.trim()).filter((name) => name !== "");
    return new RsembedError("not-found", `Cannot take band "${band}" from Earth Engine: ${said}`, {
      facts: { name: band, nearest: nearest(band, bands) },
    });
  }
  const asset = /asset '([^']+)' not found/i.exec(said)?.[1];
  if (asset !== undefined || status === 404) {
    return new RsembedError(
      "not-found",
      `Cannot find "${asset ?? "it"}" in Earth Engine: ${said}`,
      {
        facts: { name: asset ?? said },
      },
    );
  }
  if (/memory limit exceeded|computation timed out|output too large/i.test(said)) {
    return new RsembedError("limit", `Cannot have it computed by Earth Engine: ${said}`, {
      facts: { limit: computationLimit, max: 1 },
    });
  }
  if (/request size|too many pixels|must be less than or equal/i.test(said)) {
    return new RsembedError("limit", `Cannot ask Earth Engine for so much at once: ${said}`, {
      facts: { limit: "Earth Engine's size of one answer, bytes", max: 50_331_648 },
    });
  }
  if (/too many concurrent|quota exceeded|capacity exceeded/i.test(said)) {
    return new RsembedError("unavailable", `Cannot ask Earth Engine: ${said}`, {
      facts: { resource: service, status },
    });
  }
  return new RsembedError("unavailable", `Cannot have it computed by Earth Engine: ${said}`, {
    facts: { resource: service, status, permanent: true },
  });
}

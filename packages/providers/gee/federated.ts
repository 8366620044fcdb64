/**
 * Credentials that stand for another identity: workload identity federation, and service accounts that
 * somebody may act as.
 *
 * Source: Google's AIP-4117 (external accounts) and the IAM Credentials API, `generateAccessToken`.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { boundedBody, RsembedError } from "@rsembed/core";
import {
  type AccessToken,
  askForToken,
  type Credential,
  jsonObject,
  oauthToken,
  scopes,
} from "./credential.ts";
import { loopbackOrHttps, withTimeout } from "../http/requests.ts";

type Fields = Readonly<Record<string, unknown>>;

const maxSubjectBytes = 1 << 18;

function textOf(fields: Fields, name: string, label: string): string {
  const value = fields[name];
  if (typeof value === "string" && value !== "") return value;
  throw new RsembedError("auth", `Cannot log in with ${label}: it has no ${name}`, {
    facts: { service: "Google" },
  });
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === "object" && value !== null ? value as Fields : null;
}

/**
 * Workload identity federation: a token of somebody else, from a file or an address, in exchange for one of
 * Google's.
 *
 * @throws {RsembedError} `auth` if a field is missing, `unsupported` for tokens from AWS or a program
 */
export function externalAccount(fields: Fields, label: string): Credential {
  const source = fieldsOf(fields["credential_source"]);
  const file = source?.["file"], address = source?.["url"];
  if (
    !source || (typeof file !== "string" && typeof address !== "string") ||
    "environment_id" in source
  ) {
    throw new RsembedError(
      "unsupported",
      `Cannot log in with ${label}: its token comes neither from a file nor from an address, give an access token instead`,
      {
        facts: { feature: "external account of this kind" },
      },
    );
  }
  const request = {
    grantType: "urn:ietf:params:oauth:grant-type:token-exchange",
    audience: textOf(fields, "audience", label),
    scope: scopes.join(" "),
    requestedTokenType: "urn:ietf:params:oauth:token-type:access_token",
    subjectTokenType: textOf(fields, "subject_token_type", label),
  };
  const url = textOf(fields, "token_url", label);
  const actAs = fields["service_account_impersonation_url"];
  const quotaProject = fields["quota_project_id"];
  return {
    label,
    project: typeof quotaProject === "string" ? quotaProject : null,
    isRenewable: true,
    async refresh() {
      const text = typeof file === "string"
        ? await readFile(file, "utf8")
        : await subjectFrom(source, label);
      const subjectToken = subjectIn(text, source, label);
      const own = oauthToken(
        await askForToken({ label, url, body: { ...request, subjectToken } }),
        label,
      );
      return typeof actAs === "string" ? await actingAs(actAs, { label, token: own.value }) : own;
    },
  };
}

async function subjectFrom(source: Fields, label: string): Promise<string> {
  const url = new URL(String(source["url"]));
  // such addresses are often the machine's own metadata service, which speaks plain http
  const headers = Object.entries(fieldsOf(source["headers"]) ?? {})
    .map(([name, value]) => [name, String(value)] as [string, string]);
  return await withTimeout({ timeoutMs: 30_000, what: url.host }, async (signal) => {
    const response = await fetch(url, { headers, redirect: "error", signal });
    const bytes = await boundedBody(response, maxSubjectBytes);
    if (response.ok) return new TextDecoder().decode(bytes);
    throw new RsembedError(
      "auth",
      `Cannot log in with ${label}: ${url.host} answers ${response.status}`,
      {
        facts: { service: url.host },
      },
    );
  });
}

/** The token in a text, which is the token itself or JSON around it. */
function subjectIn(text: string, source: Fields, label: string): string {
  const format = fieldsOf(source["format"]);
  if (format?.["type"] !== "json") return text.trim();
  return textOf(jsonObject(text) ?? {}, textOf(format, "subject_token_field_name", label), label);
}

/** A service account that another credential may act as. */
export function impersonated(
  fields: Fields,
  { label, source }: { readonly label: string; readonly source: (fields: Fields) => Credential },
): Credential {
  const own = source(fieldsOf(fields["source_credentials"]) ?? {});
  const url = textOf(fields, "service_account_impersonation_url", label);
  const delegates = Array.isArray(fields["delegates"]) ? fields["delegates"] : [];
  const quotaProject = fields["quota_project_id"];
  return {
    label,
    project: typeof quotaProject === "string" ? quotaProject : own.project,
    isRenewable: true,
    async refresh() {
      return await actingAs(url, { label, token: (await own.refresh()).value, delegates });
    },
  };
}

async function actingAs(
  url: string,
  { label, token, delegates = [] }: {
    readonly label: string;
    readonly token: string;
    readonly delegates?: readonly unknown[];
  },
): Promise<AccessToken> {
  const answer = await askForToken({
    label,
    url: loopbackOrHttps(url, "service_account_impersonation_url").href,
    headers: { authorization: `Bearer ${token}` },
    body: { scope: scopes, lifetime: "3600s", ...(delegates.length > 0 ? { delegates } : {}) },
  });
  const end = Date.parse(textOf(answer, "expireTime", label));
  return {
    value: textOf(answer, "accessToken", label),
    expiresAtMs: Number.isNaN(end) ? Date.now() + 3_600_000 : end,
  };
}

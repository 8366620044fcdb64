/**
 * Files of credentials: what `earthengine authenticate`, `gcloud` and Google's console write.
 *
 * @module
 */

import { readFile, stat } from "node:fs/promises";
import { RsembedError } from "@rsembed/core";
import {
  askForToken,
  type Credential,
  googleTokenUrl,
  jsonObject,
  oauthToken,
} from "./credential.ts";
import { externalAccount, impersonated } from "./federated.ts";
import { serviceAccount } from "./service_account.ts";

/** Larger files are no credentials, bytes. */
const maxFileBytes = 1 << 20;

type Fields = Readonly<Record<string, unknown>>;

/** Options of {@linkcode readCredentialFile}. */
export interface CredentialFileOptions {
  /** What the file is, for messages. */
  readonly label: string;
  /** Google's token service; files of users cannot name another. @default Google's own */
  readonly tokenUrl?: string | undefined;
}

/**
 * The credential in a file.
 *
 * @throws {RsembedError} `auth` if it holds none, `unsupported` for a kind that is not known; errors of the
 * file system as they are
 */
export async function readCredentialFile(
  path: string,
  options: CredentialFileOptions,
): Promise<Credential> {
  const { size } = await stat(path);
  const text = size > maxFileBytes ? "" : await readFile(path, "utf8");
  const fields = jsonObject(text);
  if (!fields) throw unreadable(options.label, "it is no JSON object");
  return credentialOf(fields, options);
}

/** The credential that the fields of a file describe. */
export function credentialOf(fields: Fields, options: CredentialFileOptions): Credential {
  const { label } = options;
  const text = (name: string, fallback?: string): string => {
    const value = fields[name] ?? fallback;
    if (typeof value !== "string" || value === "") throw unreadable(label, `it has no ${name}`);
    return value;
  };
  const optional = (name: string): string | undefined => {
    const value = fields[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  // files of `earthengine authenticate` do not say what they are
  const type = optional("type") ?? ("refresh_token" in fields ? "authorized_user" : undefined);
  switch (type) {
    case "service_account":
      return serviceAccount({
        client_email: text("client_email"),
        private_key: text("private_key"),
        private_key_id: optional("private_key_id"),
        token_uri: text("token_uri", googleTokenUrl),
        project_id: optional("project_id") ?? null,
      }, label);
    case "authorized_user":
      return user({
        refreshToken: text("refresh_token"),
        clientId: text("client_id", publicClient.id),
        clientSecret: text("client_secret", publicClient.secret),
        project: optional("project") ?? optional("quota_project_id"),
      }, options);
    case "external_account":
      return externalAccount(fields, label);
    case "impersonated_service_account":
      return impersonated(fields, {
        label,
        source: (source) => credentialOf(source, { ...options, label: `the source of ${label}` }),
      });
    default:
      throw new RsembedError(
        "unsupported",
        `Cannot log in with ${label}: it is of the type "${
          type ?? "none"
        }", a service account, a user or an external account is wanted`,
        {
          facts: { feature: `credentials of type ${type}` },
        },
      );
  }
}

/**
 * The client that `earthengine authenticate` logs in with where its file names none. The secret of an
 * installed program is none, and it is published with it (RFC 8252, 8.5).
 *
 * Source: Google's `ee.oauth`.
 */
const publicClient = {
  id: "517222506229-vsmmajv00ul0bs7p89v5m89qs8eb9359.apps.googleusercontent.com",
  secret: "RUP0RZ6e0pPhDzsqIJ7KlNd1",
};

/** Projects of Google's own clients, which nobody else may use. Source: `ee.oauth`, and the client above. */
const clientProjects: ReadonlySet<string> = new Set([
  "764086051850",
  "618104708054",
  "32555940559",
  "522309567947",
  "1014160490159",
  "1057398310658",
  "517222506229",
]);

interface User {
  readonly refreshToken: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly project: string | undefined;
}

function user(
  { refreshToken, clientId, clientSecret, project }: User,
  { label, tokenUrl = googleTokenUrl }: CredentialFileOptions,
): Credential {
  const owner = /^(\d+)-/.exec(clientId)?.[1];
  const usable = (id: string | undefined) =>
    id !== undefined && !clientProjects.has(id) ? id : null;
  return {
    label,
    project: usable(project) ?? usable(owner),
    isRenewable: true,
    async refresh() {
      const body = new URLSearchParams({
        grant_type: "refresh_token",
        refresh_token: refreshToken,
        client_id: clientId,
        client_secret: clientSecret,
      });
      return oauthToken(await askForToken({ label, url: tokenUrl, body }), label);
    },
  };
}

function unreadable(label: string, state: string): RsembedError {
  return new RsembedError("auth", `Cannot log in with ${label}: ${state}`, {
    facts: { service: "Google" },
  });
}

/**
 * Finding out who asks Earth Engine, and for which project.
 *
 * @module
 */

import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { errorMessage, isRsembedError, RsembedError } from "@rsembed/core";
import { type Credential, givenToken } from "./credential.ts";
import { readCredentialFile } from "./credential_file.ts";
import { machineCredential } from "./metadata_server.ts";
import { type TokenSource, tokenSource } from "./tokens.ts";

/** What a user may say of access. */
export interface AccessSettings {
  /** Google Cloud project registered for Earth Engine. @default found with the credentials */
  readonly project?: string | undefined;
  /** An OAuth access token, good for an hour at most. */
  readonly accessToken?: string | undefined;
  /** Path of a key file of a service account, or of any other file of credentials. */
  readonly credentials?: string | undefined;
}

/** Where to look for what the settings leave open. */
export interface Surroundings {
  /** Environment variables. @default those of the process */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The user's home. */
  readonly home?: string;
  /** The system, as Node names it. */
  readonly platform?: string;
  /** Google's token service. */
  readonly tokenUrl?: string;
}

/** Who asks, and for which project. */
export interface Access {
  /** What the credentials are, for people; holds no secret. */
  readonly label: string;
  /** The Google Cloud project. */
  readonly project: string;
  /** Tokens as they are needed. */
  readonly tokens: TokenSource;
}

/** A place where credentials may lie, with what was found there. */
interface Candidate {
  readonly place: string;
  readonly open: () => Promise<Credential | null>;
}

function isMissing(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Reads a file that may not be there. */
async function fileIfAny(
  path: string,
  label: string,
  { tokenUrl }: Surroundings,
): Promise<Credential | null> {
  try {
    return await readCredentialFile(path, { label, tokenUrl });
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Where Google's own clients look, in their order. */
function candidates(surroundings: Surroundings): Candidate[] {
  const { env = process.env, home = homedir(), platform = process.platform } = surroundings;
  const list: Candidate[] = [];
  const add = (place: string, path: string) =>
    list.push({
      place: `${place} ${path}`,
      open: () => fileIfAny(path, `${place} ${path}`, surroundings),
    });
  const token = env["GOOGLE_OAUTH_ACCESS_TOKEN"];
  if (token) {
    const place = "GOOGLE_OAUTH_ACCESS_TOKEN";
    list.push({ place, open: () => Promise.resolve(givenToken(token, `the token in ${place}`)) });
  }
  add(
    "the login of earthengine authenticate,",
    join(home, ".config", "earthengine", "credentials"),
  );
  const named = env["GOOGLE_APPLICATION_CREDENTIALS"];
  if (named) add("GOOGLE_APPLICATION_CREDENTIALS,", named);
  else {
    const appData = platform === "win32" ? env["APPDATA"] : undefined;
    const folder = env["CLOUDSDK_CONFIG"] ||
      (appData ? join(appData, "gcloud") : join(home, ".config", "gcloud"));
    add("the login of gcloud,", join(folder, "application_default_credentials.json"));
  }
  if (env["NO_GCE_CHECK"] !== "true") {
    const host = env["GCE_METADATA_HOST"] || undefined;
    list.push({ place: "the identity of this machine", open: () => machineCredential(host) });
  }
  return list;
}

/**
 * Finds credentials and a project: those of the settings, else what is found where Google's own clients
 * look. Credentials that Google refuses count as absent.
 *
 * The project is that of the settings, `EE_PROJECT`, `GOOGLE_CLOUD_PROJECT`, or the credentials' own.
 *
 * Source: the order of Google's Earth Engine client for Python.
 *
 * @throws {RsembedError} `auth` if there are no credentials or no project, with what to do about it;
 * `unavailable` if Google cannot be reached
 */
export async function findAccess(
  settings: AccessSettings,
  surroundings: Surroundings = {},
): Promise<Access> {
  const env = surroundings.env ?? process.env;
  const given = await givenCredential(settings, surroundings);
  const credential = given ?? await firstUsable(candidates(surroundings));
  const project = settings.project || env["EE_PROJECT"] || env["GOOGLE_CLOUD_PROJECT"] ||
    credential.project;
  if (!project) {
    throw new RsembedError(
      "auth",
      `Cannot ask Earth Engine: ${credential.label} names no Google Cloud project; set EE_PROJECT, or give the setting project, to one that is registered at https://code.earthengine.google.com/register`,
      {
        facts: { service: "Google Earth Engine" },
      },
    );
  }
  return { label: credential.label, project, tokens: tokenSource(credential) };
}

/** The credential that the settings name. */
async function givenCredential(
  { accessToken, credentials }: AccessSettings,
  surroundings: Surroundings,
): Promise<Credential | null> {
  if (accessToken) return givenToken(accessToken, "the access token given");
  if (!credentials) return null;
  const credential = await fileIfAny(
    credentials,
    `the credentials in ${credentials}`,
    surroundings,
  );
  if (credential) return credential;
  throw new RsembedError(
    "auth",
    `Cannot log in with the credentials in "${credentials}": there is no such file`,
    {
      facts: { service: "Google Earth Engine" },
    },
  );
}

async function firstUsable(list: readonly Candidate[]): Promise<Credential> {
  const tried: string[] = [];
  for (const { place, open } of list) {
    try {
      const credential = await open();
      if (credential) return await tested(credential);
      tried.push(`${place}: none`);
    } catch (error) {
      if (isRsembedError(error, "unavailable")) throw error;
      tried.push(`${place}: ${errorMessage(error)}`);
    }
  }
  throw new RsembedError(
    "auth",
    `Cannot ask Earth Engine: no credentials are found (${
      tried.join("; ")
    }); run "earthengine authenticate", or set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account, or give an access token`,
    {
      facts: { service: "Google Earth Engine" },
    },
  );
}

/** The same credential, once it has given a token, which is kept for its first use. */
async function tested(credential: Credential): Promise<Credential> {
  let first: Awaited<ReturnType<Credential["refresh"]>> | null = await credential.refresh();
  return {
    ...credential,
    refresh() {
      const token = first;
      first = null;
      return token ? Promise.resolve(token) : credential.refresh();
    },
  };
}

/**
 * Whether Earth Engine can be asked as far as this machine knows: the credentials that would be used first
 * and the project, or `null`. Nobody is asked, so that credentials may still turn out to be refused.
 */
export async function likelyAccess(
  settings: AccessSettings,
  surroundings: Surroundings = {},
): Promise<{ readonly label: string; readonly project: string } | null> {
  const env = surroundings.env ?? process.env;
  const offline = { ...surroundings, env: { ...env, NO_GCE_CHECK: "true" } };
  const list = settings.accessToken || settings.credentials
    ? [{ place: "", open: () => givenCredential(settings, offline) }]
    : candidates(offline);
  for (const { open } of list) {
    const credential = await open().catch(() => null);
    if (!credential) continue;
    const project = settings.project || env["EE_PROJECT"] || env["GOOGLE_CLOUD_PROJECT"] ||
      credential.project;
    if (project) return { label: credential.label, project };
  }
  return null;
}

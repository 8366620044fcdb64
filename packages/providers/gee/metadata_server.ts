/**
 * The identity of a machine in Google's cloud.
 *
 * Source: Google's "About VM metadata".
 *
 * @module
 */

import { boundedBody, RsembedError } from "@rsembed/core";
import { type Credential, jsonObject, oauthToken } from "./credential.ts";
import { withTimeout } from "../http/requests.ts";

/** Time after which there is no such service here, milliseconds. */
const probeMs = 1000;

/**
 * The credential of the machine; `null` where it is none of Google's.
 *
 * @param host Name of the metadata service
 */
export async function machineCredential(
  host = "metadata.google.internal",
): Promise<Credential | null> {
  const get = async (path: string, timeoutMs: number): Promise<string> => {
    return await withTimeout({ timeoutMs, what: host }, async (signal) => {
      const response = await fetch(`http://${host}/computeMetadata/v1/${path}`, {
        headers: { "metadata-flavor": "Google" },
        redirect: "error",
        signal,
      });
      const text = new TextDecoder().decode(await boundedBody(response, 1 << 18));
      if (response.ok && response.headers.get("metadata-flavor") === "Google") return text;
      throw new RsembedError(
        "unavailable",
        `Cannot log in as this machine: ${host} answers ${response.status}`,
        {
          facts: { resource: host, status: response.status },
        },
      );
    });
  };
  let project: string;
  try {
    project = (await get("project/project-id", probeMs)).trim();
  } catch {
    // no such service, or none that may be asked: most machines are somewhere else
    return null;
  }
  const label = "the identity of this machine";
  return {
    label,
    project: project === "" ? null : project,
    isRenewable: true,
    async refresh() {
      const text = await get("instance/service-accounts/default/token", 30_000);
      return oauthToken(jsonObject(text) ?? {}, label);
    },
  };
}

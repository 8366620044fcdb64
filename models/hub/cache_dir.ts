/**
 * Where downloads and converted graphs are kept.
 *
 * @module
 */

import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** Variables of the environment, for tests to replace. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder of rsembed's own cache: `RSEMBED_CACHE`, else the platform's place for caches.
 */
export function defaultCacheDir(env: Environment = process.env): string {
  const given = env["RSEMBED_CACHE"];
  if (given) return given;
  if (process.platform === "win32" && env["LOCALAPPDATA"]) {
    return join(env["LOCALAPPDATA"], "rsembed", "cache");
  }
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "rsembed");
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "rsembed");
}

/**
 * The folder of the Hugging Face cache, by the rules of its Python client: `HF_HUB_CACHE`, else
 * `HUGGINGFACE_HUB_CACHE`, else `hub` in `HF_HOME`, else `~/.cache/huggingface/hub`.
 */
export function defaultHubDir(env: Environment = process.env): string {
  const given = env["HF_HUB_CACHE"] || env["HUGGINGFACE_HUB_CACHE"];
  if (given) return given;
  const home = env["HF_HOME"] ||
    join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "huggingface");
  return join(home, "hub");
}

/**
 * Running other programs, and listing what they left.
 *
 * @module
 */

/** How a command went. */
export interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, without input and colours. */
export async function run(command: readonly string[], cwd: string): Promise<Ran> {
  const [program, ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(program!, {
    args,
    cwd,
    env: {
      NO_COLOR: "1",
      ONNXRUNTIME_NODE_INSTALL: "skip",
      npm_config_audit: "false",
      npm_config_fund: "false",
    },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { ok: success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The files under a folder. */
export function* listFilesUnder(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* listFilesUnder(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}

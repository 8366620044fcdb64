/**
 * Help texts, from the table of commands.
 *
 * @module
 */

import { type CommandDefinition, commands, type OptionDefinition } from "./definitions.ts";

function optionLine(option: OptionDefinition): string {
  const short = option.alias ? `-${option.alias}, ` : "";
  const left = `  ${short}--${option.name}${option.value ? ` ${option.value}` : ""}`;
  const help = option.repeat ? `${option.help} (repeatable)` : option.help;
  return left.length < 26 ? `${left.padEnd(26)}${help}` : `${left}\n${" ".repeat(26)}${help}`;
}

/** The help of `rsembed`. */
export function mainHelp(version: string): string {
  return `rsembed ${version}: any remote-sensing foundation model, any place, any time -> an embedding

Usage: rsembed <command> [options]

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join("\n")}

Try it without network, account or weights:
  rsembed export --backend synthetic --point 9.845,57.227 --out demo.npz

rsembed <command> --help shows the options of a command.

Exit codes: 0 done, 1 failed, 2 bad command line or request, 3 some places failed,
130 Ctrl-C, 143 SIGTERM
`;
}

/** The help of one command. */
export function commandHelp(command: CommandDefinition): string {
  const groups = command.groups.map(({ title, options }) =>
    `${title}:\n${options.map(optionLine).join("\n")}`
  );
  return `rsembed ${command.name}: ${command.summary}

Usage: rsembed ${command.name} ${command.usage}

${command.details}

${groups.join("\n\n")}

Examples:
${command.examples.map((example) => `  ${example}`).join("\n")}
`;
}

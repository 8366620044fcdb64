// Imports each name given, and prints how many values it exports.
import process from "node:process";

for (const specifier of process.argv.slice(2)) {
  try {
    const names = Object.keys(await import(specifier)).filter((name) => name !== "default");
    console.log(JSON.stringify({ specifier, names: names.length }));
  } catch (error) {
    console.log(JSON.stringify({ specifier, error: String(error?.stack ?? error) }));
  }
}
process.exit(0);

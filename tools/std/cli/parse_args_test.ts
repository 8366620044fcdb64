import test from "node:test";
import assert from "node:assert/strict";
import { parseArgs, type ParseOptions } from "./parse_args.ts";

function plain(args: string[], options: ParseOptions = {}): unknown {
  return JSON.parse(JSON.stringify(parseArgs(args, options)));
}

test("parseArgs() reads long flags with =, with a next argument, and bare", () => {
  assert.deepEqual(plain(["--a=x=y", "--b", "z", "--c"]), { _: [], a: "x=y", b: "z", c: true });
});

test("parseArgs() makes numbers of what looks like one unless the flag is a string", () => {
  assert.deepEqual(
    plain(["--a", "1e3", "--b=0x10", "--c=007", "--d", "5m", "12"], { string: "c" }),
    {
      _: [12],
      a: 1000,
      b: 16,
      c: "007",
      d: "5m",
    },
  );
  assert.deepEqual(plain(["12"], { string: "_" }), { _: ["12"] });
});

test("parseArgs() takes no value that starts with a dash", () => {
  assert.deepEqual(plain(["--point", "-5,3"], { string: ["point"] }), {
    _: [],
    point: "",
    "5": ",3",
  });
  assert.deepEqual(plain(["--point=-5,3"], { string: ["point"] }), { _: [], point: "-5,3" });
});

test("parseArgs() gives booleans no value but true and false", () => {
  const options = { boolean: ["v", "w"] };
  assert.deepEqual(plain(["-v", "x"], options), { _: ["x"], v: true, w: false });
  assert.deepEqual(plain(["--v", "false", "--w=true"], options), { _: [], v: false, w: true });
  assert.deepEqual(plain(["--any", "x", "-p", "5"], { boolean: true }), {
    _: ["x"],
    any: true,
    p: 5,
  });
});

test("parseArgs() reads groups of short flags", () => {
  assert.deepEqual(plain(["-abc", "x", "-n5", "-I/usr", "-k=v"]), {
    _: [],
    a: true,
    b: true,
    c: "x",
    n: 5,
    I: "/usr",
    k: "v",
  });
});

test("parseArgs() keeps a single dash as a value and as a positional", () => {
  assert.deepEqual(plain(["-n", "-"]), { _: [], n: "-" });
  assert.deepEqual(plain(["-f-", "-"]), { _: ["-"], f: "-" });
});

test("parseArgs() collects repeated flags only where asked", () => {
  const args = ["--a=1", "--b=1", "--a=2", "--b=2"];
  assert.deepEqual(plain(args, { collect: ["a", "c"], string: ["a", "c"] }), {
    _: [],
    a: ["1", "2"],
    b: 2,
    c: [],
  });
});

test("parseArgs() negates only negatable flags", () => {
  assert.deepEqual(plain(["--no-a", "--no-b"], { boolean: ["a"], negatable: ["a"] }), {
    _: [],
    a: false,
    "no-b": true,
  });
});

test("parseArgs() sets every alias", () => {
  assert.deepEqual(plain(["-o", "x"], { string: "out", alias: { out: ["o", "output"] } }), {
    _: [],
    out: "x",
    o: "x",
    output: "x",
  });
  assert.deepEqual(plain([], { alias: { out: "o" }, default: { out: "y" } }), {
    _: [],
    out: "y",
    o: "y",
  });
});

test("parseArgs() stops at -- and at the first positional when told", () => {
  assert.deepEqual(plain(["x", "--", "--a"]), { _: ["x", "--a"] });
  assert.deepEqual(plain(["x", "--", "--a"], { "--": true }), { _: ["x"], "--": ["--a"] });
  assert.deepEqual(plain(["--a=1", "export", "--b"], { stopEarly: true }), {
    _: ["export", "--b"],
    a: 1,
  });
});

test("parseArgs() asks about unknown flags and positionals, and drops those refused", () => {
  const seen: unknown[] = [];
  const args = parseArgs(["--good=1", "--bad=2", "-x", "pos"], {
    string: ["good"],
    boolean: ["y"],
    unknown: (arg, key, value) => {
      seen.push([arg, key, value]);
      return false;
    },
  });
  assert.deepEqual(seen, [["--bad=2", "bad", "2"], ["-x", "x", "pos"]]);
  assert.deepEqual({ ...args }, { _: [], good: "1", y: false });
});

test("parseArgs() does not let --name= swallow the next argument", () => {
  const unknown: (string | undefined)[] = [];
  parseArgs(["--out=", "x"], {
    string: ["out"],
    unknown: (_arg, key) => unknown.push(key),
  });
  assert.deepEqual(unknown, ["out="]);
});

test("parseArgs() nests dotted names and never reaches a prototype", () => {
  assert.deepEqual(plain(["--a.b=1", "--a.c=2"]), { _: [], a: { b: 1, c: 2 } });
  parseArgs(["--__proto__.polluted=1"]);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  assert.equal(Object.getPrototypeOf(parseArgs(["--__proto__=1"])), Object.prototype);
});

test("parseArgs() types flags by what they are", () => {
  const args = parseArgs([], {
    boolean: ["help"],
    string: ["out", "tag", "year"],
    collect: ["tag"],
    alias: { help: "h" },
    default: { year: "2022" },
  });
  const help: boolean = args.help;
  const short: boolean = args.h;
  const out: string | undefined = args.out;
  const tag: string[] = args.tag;
  const year: string = args.year;
  assert.deepEqual([help, short, out, tag, year], [false, false, undefined, [], "2022"]);
});

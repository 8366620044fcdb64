import test from "node:test";
import nodeAssert from "node:assert/strict";
import * as std from "./mod.ts";

const cases: Record<string, { pass: () => unknown; fail: () => unknown }> = {
  assert: { pass: () => std.assert(1), fail: () => std.assert(0) },
  assertFalse: { pass: () => std.assertFalse(""), fail: () => std.assertFalse("x") },
  assertEquals: {
    pass: () => std.assertEquals({ a: [NaN, new Map([[1, 2]])] }, { a: [NaN, new Map([[1, 2]])] }),
    fail: () => std.assertEquals({ a: 1 } as unknown, { a: "1" }),
  },
  "assertEquals with a missing key": {
    pass: () => std.assertEquals(0, -0),
    fail: () => std.assertEquals<unknown>({ a: undefined }, {}),
  },
  assertNotEquals: {
    pass: () => std.assertNotEquals([1], [2]),
    fail: () => std.assertNotEquals([1], [1]),
  },
  assertStrictEquals: {
    pass: () => std.assertStrictEquals(NaN, NaN),
    fail: () => std.assertStrictEquals({}, {}),
  },
  assertExists: { pass: () => std.assertExists(0), fail: () => std.assertExists(null) },
  assertInstanceOf: {
    pass: () => std.assertInstanceOf(new TypeError(), Error),
    fail: () => std.assertInstanceOf({}, Error),
  },
  assertMatch: { pass: () => std.assertMatch("abc", /b/), fail: () => std.assertMatch("abc", /d/) },
  assertStringIncludes: {
    pass: () => std.assertStringIncludes("abc", "bc"),
    fail: () => std.assertStringIncludes("abc", "cb"),
  },
  assertThrows: {
    pass: () =>
      std.assertThrows(
        () => {
          throw new RangeError("too big");
        },
        RangeError,
        "big",
      ),
    fail: () => std.assertThrows(() => 1),
  },
  "assertThrows of a type": {
    pass: () => std.assertThrows(() => nodeAssert.fail("x")),
    fail: () => std.assertThrows(() => nodeAssert.fail("x"), RangeError),
  },
  "assertThrows with a message": {
    pass: () => std.assertThrows(() => nodeAssert.fail("x"), Error, "x"),
    fail: () => std.assertThrows(() => nodeAssert.fail("x"), Error, "y"),
  },
  assertRejects: {
    pass: () =>
      std.assertRejects(() => Promise.reject(new RangeError("too big")), RangeError, "big"),
    fail: () => std.assertRejects(() => Promise.resolve(1)),
  },
  "assertRejects of a type": {
    pass: () => std.assertRejects(() => Promise.reject(new Error("x"))),
    fail: () => std.assertRejects(() => Promise.reject(new Error("x")), RangeError),
  },
  "assertRejects of a throwing function": {
    pass: () => std.assertRejects(() => Promise.reject(new Error("x")), Error),
    fail: () =>
      std.assertRejects(() => {
        throw new Error("x");
      }),
  },
};

for (const [name, { pass, fail }] of Object.entries(cases)) {
  test(`${name}() passes and fails as it should`, async () => {
    await pass();
    await nodeAssert.rejects(async () => await fail(), std.AssertionError);
  });
}

test("assertThrows() and assertRejects() return the error", async () => {
  const error = new RangeError("x");
  nodeAssert.equal(
    std.assertThrows(() => {
      throw error;
    }),
    error,
  );
  nodeAssert.equal(await std.assertRejects(() => Promise.reject(error)), error);
});

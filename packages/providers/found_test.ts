import assert from "node:assert/strict";
import { test } from "node:test";
import { isRsembedError } from "@rsembed/core";
import { daysOf, distinctItems, noImagery } from "./found.ts";

test("daysOf() spans whole days, in any order, and nothing where a date is missing", () => {
  const dates = ["2022-06-09T10:30:00Z", "2022-05-30T23:59:59Z", "2022-06-01"];
  assert.deepEqual(daysOf(dates), { start: "2022-05-30", end: "2022-06-10" });
  assert.equal(daysOf([...dates, null]), null);
  assert.equal(daysOf([]), null);
});

test("distinctItems() gives each scene once, the oldest first, those without a date before", () => {
  const item = (id: string, datetime: string | null) => ({ id, datetime });
  const [a, b, c] = [item("a", "2022-06-02"), item("b", "2022-06-01"), item("c", null)];
  assert.deepEqual(distinctItems([a, b, c, { ...a }]), [c, b, a]);
});

test("noImagery() names windows, shortened where there are many, and the reason", () => {
  const month = (i: number) => ({ start: `2022-0${i}-01`, end: `2022-0${i + 1}-01` });
  const few = noImagery("S2", [month(1), null], "");
  assert(isRsembedError(few, "no-data"));
  assert.match(few.message, /from 2022-01-01\/2022-02-01, any time, try/);
  const many = noImagery("S2", [1, 2, 3, 4].map(month), "all too cloudy");
  assert.match(many.message, /01\/2022-02-01 to 2022-04-01\/2022-05-01 \(all too cloudy\)/);
});

import assert from "node:assert/strict";
import test from "node:test";
import { acquisitionDay, dayInName } from "./dates.ts";

test("dayInName() finds the day in names of products and plain ones", () => {
  const names: Record<string, string | null> = {
    "S2A_MSIL2A_20220615T103629_N0400_R008_T32VNJ_20220616T030405.tif": "2022-06-15",
    "LC08_L2SP_196020_20210704_20210712_02_T1_SR_B4.TIF": "2021-07-04",
    "S1A_IW_GRDH_1SDV_20200229T054132_20200229T054157.tif": "2020-02-29",
    "field_2022-06-15.tif": "2022-06-15",
    "2022_06_15.tif": "2022-06-15",
    "20220615.tif": "2022-06-15",
    "20221301_20220102.tif": "2022-01-02",
    "20210229.tif": null,
    "120220615.tif": null,
    "202206150.tif": null,
    "2022-0615.tif": null,
    "38D_378R_2_3.tif": null,
  };
  for (const [name, day] of Object.entries(names)) assert.equal(dayInName(name), day, name);
});

test("acquisitionDay() goes from the surest clue to the least", () => {
  const clues = {
    sidecar: "2001-01-01",
    metadata: { DATE_ACQUIRED: "2002-02-02", TIMESTAMP: "2009-09-09" },
    name: "20030303.tif",
    dateTime: "2004:04:04 00:00:00",
    setting: "2005-05-05",
  };
  assert.equal(acquisitionDay(clues), "2001-01-01");
  assert.equal(acquisitionDay({ ...clues, sidecar: null }), "2002-02-02");
  const rest = { ...clues, sidecar: null, metadata: { DATE: "unknown" } };
  assert.equal(acquisitionDay(rest), "2003-03-03");
  assert.equal(acquisitionDay({ ...rest, name: "x.tif" }), "2004-04-04");
  assert.equal(acquisitionDay({ ...rest, name: "x.tif", dateTime: "0000:00:00" }), "2005-05-05");
});

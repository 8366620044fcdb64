// Computes one embedding and prints it.
import process from "node:process";
import { calendarYear, pointBuffer } from "@rsembed/core";
import { getEmbedding } from "@rsembed/pipelines";

const spatial = pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 320 });
const { data } = await getEmbedding(
  "mosaiks",
  { spatial, temporal: calendarYear(2022) },
  { backend: "synthetic" },
);
console.log(JSON.stringify({ shape: data.shape, values: [...data.data] }));
process.exit(0);

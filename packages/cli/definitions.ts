/**
 * The commands and their options, as data: help and parsing read the same table.
 *
 * @module
 */

/** One option of a command. */
export interface OptionDefinition {
  /** Long name, without the dashes. */
  readonly name: string;
  /** What stands for its value in the help; without it the option is a switch. */
  readonly value?: string;
  /** Whether it may be given several times. */
  readonly repeat?: boolean;
  readonly alias?: string;
  readonly help: string;
}

/** Options under one heading of the help. */
export interface OptionGroup {
  readonly title: string;
  readonly options: readonly OptionDefinition[];
}

/** One command. */
export interface CommandDefinition {
  readonly name: string;
  /** What follows the name. */
  readonly usage: string;
  readonly summary: string;
  readonly details: string;
  readonly groups: readonly OptionGroup[];
  readonly examples: readonly string[];
  /** Fewest and most positional arguments. */
  readonly positionals: readonly [least: number, most: number];
}

const places: OptionGroup = {
  title: "Places (EPSG:4326 degrees; at least one)",
  options: [
    { name: "point", value: "LON,LAT", repeat: true, help: "a square around a point" },
    { name: "buffer", value: "METRES", help: "half the side of that square [1120]" },
    {
      name: "bbox",
      value: "W,S,E,N",
      repeat: true,
      help: "a rectangle; W > E crosses the antimeridian",
    },
    {
      name: "points",
      value: "FILE",
      repeat: true,
      help: "CSV (lon, lat, and if you like name, buffer_m) or GeoJSON",
    },
    {
      name: "area",
      value: "AREA",
      repeat: true,
      help: "cut into chips: an MGRS tile such as 32VNJ, W,S,E,N, or a GeoJSON file of polygons",
    },
    { name: "chip-size", value: "PIXELS", help: "side of a chip [256]" },
    { name: "chip-stride", value: "PIXELS", help: "from one chip to the next [its side]" },
    { name: "chip-scale", value: "METRES", help: "side of a pixel of a chip [10]" },
    {
      name: "chip-coverage",
      value: "HOW",
      help: "which chips: intersects, centre or within [within for tiles, else intersects]",
    },
    {
      name: "source",
      value: "PATH",
      repeat: true,
      help: "local GeoTIFF file, folder or glob; without other places, its own footprints",
    },
  ],
};

const time: OptionGroup = {
  title: "Time (half-open)",
  options: [
    { name: "time", value: "START/END", help: "such as 2022-06-01/2022-09-01, END excluded" },
    { name: "year", value: "YEAR", help: "a calendar year" },
  ],
};

const imagery: OptionGroup = {
  title: "Imagery",
  options: [
    {
      name: "backend",
      value: "NAME",
      help:
        "auto, local, gee, stac or synthetic [auto: local if there are sources, gee if there are credentials, else stac]",
    },
    { name: "scale", value: "METRES", help: "pixel size [the model's own]" },
    { name: "cloud", value: "PERCENT", help: "most clouds in a scene, or none [the model's own]" },
    { name: "mask-clouds", help: "leave cloudy pixels out of composites (gee, stac)" },
    { name: "composite", value: "HOW", help: "median or mosaic [the model's own]" },
    { name: "projection", value: "NAME", help: "utm (true ground metres) or webmercator [utm]" },
    {
      name: "source-bands",
      value: "A,B,...",
      help: "names of the bands of local files that carry none",
    },
    { name: "source-date", value: "DATE", help: "date of local files that carry none" },
    {
      name: "stac",
      value: "CATALOGUE",
      help: "auto, planetary-computer, earth-search-c1, earth-search, or the address of another",
    },
    { name: "stac-collection", value: "ID", help: "collection to search in that catalogue" },
    {
      name: "max-scenes",
      value: "N",
      help: "scenes of a composite at most, the clearest (stac) [all]",
    },
    {
      name: "product-root",
      value: "NAME=PATH",
      repeat: true,
      help: "a copy of stored embeddings: gse, tessera or copernicus, a path or an address",
    },
    {
      name: "project",
      value: "ID",
      help: "Google Cloud project for Earth Engine [EE_PROJECT, or that of the credentials]",
    },
    { name: "seed", value: "NUMBER", help: "seed of the synthetic world [0]" },
  ],
};

const models: OptionGroup = {
  title: "Models",
  options: [
    {
      name: "model",
      value: "NAME[?KEY=VALUE&...]",
      repeat: true,
      help: "such as mosaiks or galileo?variant=nano [mosaiks]",
    },
    { name: "weights", value: "FILE", help: "checkpoint to use, with a single model" },
    { name: "device", value: "NAME", help: "auto, cpu, cuda, coreml, dml or webgpu [auto]" },
    { name: "threads", value: "N", help: "threads of a session [by the machine]" },
    { name: "offline", help: "never download" },
  ],
};

const output: OptionGroup = {
  title: "Output",
  options: [
    { name: "output", value: "SHAPE", help: "pooled (one vector a place) or grid [pooled]" },
    { name: "pooling", value: "HOW", help: "mean or max [mean]" },
    { name: "orientation", value: "HOW", help: "rows of a grid: north_up or native [north_up]" },
    {
      name: "input-prep",
      value: "HOW",
      help: "larger than the model's input: tile, resize, or auto (tile grids only) [tile]",
    },
    { name: "tile-size", value: "PIXELS", help: "side of a tile [the model's input]" },
    {
      name: "tile-overlap",
      value: "PIXELS",
      help: "blend grids where tiles overlap by so much, whole cells [0]",
    },
  ],
};

const general: OptionGroup = {
  title: "General",
  options: [
    { name: "json", help: "print the result as JSON" },
    { name: "quiet", alias: "q", help: "no progress" },
    { name: "help", alias: "h", help: "show this help" },
  ],
};

/** All commands, in the order of the help. */
export const commands: readonly CommandDefinition[] = [
  {
    name: "export",
    usage: "--out PATH [options]",
    summary: "embed many places into a dataset",
    details:
      "Embeds every place with every model and writes arrays and a JSON manifest: one file for all\n" +
      "places (combined), or one file a place (per_item).",
    positionals: [0, 0],
    groups: [
      {
        title: "Where to",
        options: [
          { name: "out", value: "PATH", help: "file (combined) or folder (per_item)" },
          {
            name: "layout",
            value: "NAME",
            help: "combined or per_item [combined, if the format has it]",
          },
          {
            name: "format",
            value: "NAME",
            help:
              "npz, netcdf, hdf5, zarr, geotiff, geoparquet or clay [by the extension of PATH, or npz]",
          },
          { name: "save-inputs", help: "keep the raw imagery beside the embeddings" },
          { name: "no-embeddings", help: "keep imagery only" },
          { name: "no-manifest", help: "write no manifest" },
          {
            name: "quantization",
            value: "TYPE",
            help: "float16, or int8 with a scale for each vector [float32]",
          },
          { name: "plan", help: "only say what it would cost, by trying a few places out" },
          { name: "resume", help: "go on with an interrupted export, try again what failed" },
        ],
      },
      places,
      time,
      models,
      output,
      imagery,
      {
        title: "How",
        options: [
          { name: "continue-on-error", help: "record failing places and go on" },
          { name: "fail-on-bad-input", help: "treat suspicious imagery as an error" },
          { name: "chunk-size", value: "N", help: "places in memory at once [16]" },
          { name: "batch-size", value: "N", help: "places a model runs at once [chunk size]" },
          { name: "workers", value: "N", help: "fetches at once [8]" },
          { name: "retries", value: "N", help: "attempts after the first [0]" },
          { name: "retry-backoff", value: "SECONDS", help: "wait before the first retry [0]" },
          { name: "writers", value: "N", help: "files written at once, per_item [2]" },
        ],
      },
      general,
    ],
    examples: [
      "rsembed export --backend synthetic --point 9.845,57.227 --out demo.npz",
      "rsembed export --source 'tiles/*.tif' --model galileo --output grid --out grids.npz",
      "rsembed export --area 32VNJ --chip-size 512 --source 'tile/*.tif' --model clay --out 32VNJ.gpq",
      "rsembed export --points sites.csv --model clay --out sites.npz --continue-on-error --resume",
      "rsembed export --points sites.csv --source scene.tif --model remoteclip --layout per_item --out sites/",
    ],
  },
  {
    name: "embed",
    usage: "[options]",
    summary: "embed places and print the result",
    details: "Embeds places with one model. With --json, one JSON object a place, a line each.",
    positionals: [0, 0],
    groups: [places, time, models, output, imagery, general],
    examples: ["rsembed embed --backend synthetic --point -72.479,-38.831 --json"],
  },
  {
    name: "text",
    usage: "TEXT... [options]",
    summary: "embed texts beside a model's images",
    details:
      "Embeds texts into the space that a model shares with images. Hold them against embeddings of\n" +
      "the same model, such as remoteclip?pooled=projection. With --json, one JSON object a text, a line each.",
    positionals: [1, 10_000],
    groups: [
      {
        title: "Model",
        options: [
          { name: "model", value: "NAME[?KEY=VALUE&...]", help: "a model of texts [remoteclip]" },
          { name: "weights", value: "FILE", help: "checkpoint to use" },
          { name: "raw", help: "vectors as they come, not of length 1" },
          { name: "device", value: "NAME", help: "auto, cpu, cuda, coreml, dml or webgpu [auto]" },
          { name: "threads", value: "N", help: "threads of a session [by the machine]" },
          { name: "offline", help: "never download" },
        ],
      },
      general,
    ],
    examples: ["rsembed text 'a busy airport' 'a lake in a forest' --json"],
  },
  {
    name: "inspect",
    usage: "[options]",
    summary: "look at the imagery of places",
    details:
      "Fetches imagery and reports on it: statistics by band, suspicious values, share without data.",
    positionals: [0, 0],
    groups: [
      places,
      time,
      {
        title: "What",
        options: [
          {
            name: "model",
            value: "NAME[?KEY=VALUE&...]",
            help: "what this model would see, frame by frame, in place of a collection",
          },
          { name: "collection", value: "ID", help: "collection [COPERNICUS/S2_SR_HARMONIZED]" },
          { name: "bands", value: "A,B,...", help: "bands [B4,B3,B2]" },
          { name: "value-range", value: "LOW,HIGH", help: "values outside of it are suspicious" },
          { name: "scenes", help: "look at each scene of the composite too" },
          {
            name: "save-dir",
            value: "FOLDER",
            help: "write a quicklook PNG there, with --scenes of each",
          },
        ],
      },
      imagery,
      general,
    ],
    examples: ["rsembed inspect --backend synthetic --point 9.845,57.227 --save-dir looks"],
  },
  {
    name: "models",
    usage: "list | describe NAME | pull NAME",
    summary: "what models there are; fetch their weights",
    details:
      "list shows all models, describe one of them with its options, pull downloads the weights of\n" +
      "one (such as galileo?variant=nano) into the cache.",
    positionals: [1, 2],
    groups: [
      { title: "Pull", options: [{ name: "offline", help: "only look in the cache" }] },
      general,
    ],
    examples: ["rsembed models list", "rsembed models pull galileo?variant=nano"],
  },
  {
    name: "load",
    usage: "PATH",
    summary: "summarise an export",
    details: "Opens an export, ours or rs-embed's: its file, its manifest, or its folder.",
    positionals: [1, 1],
    groups: [general],
    examples: ["rsembed load demo.npz --json"],
  },
  {
    name: "verify",
    usage: "PATH [options]",
    summary: "check that an export is whole",
    details:
      "Reads an export from end to end: every array, against the checksums in its manifests; every place has\n" +
      "a value or is told to have failed.",
    positionals: [1, 1],
    groups: [general],
    examples: ["rsembed verify run.npz", "rsembed verify sites/ --json"],
  },
];

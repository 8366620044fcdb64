"""Takes the arrays of a Zarr 3 folder apart by what zarr.json says, without a library of Zarr.

Usage: python3 tools/check_zarr.py FOLDER

Needs numpy, and zstd on the path or the module zstandard; says what is missing.
"""

import json
import struct
import subprocess
import sys
from pathlib import Path

try:
    import numpy as np
except ImportError:
    sys.exit("missing: numpy")


def crc32c(data):
    table = []
    for n in range(256):
        c = n
        for _ in range(8):
            c = 0x82F63B78 ^ (c >> 1) if c & 1 else c >> 1
        table.append(c)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def unzstd(data):
    try:
        import zstandard
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=1 << 30)
    except ImportError:
        pass
    try:
        return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    except FileNotFoundError:
        sys.exit("missing: zstd or the Python module zstandard")


def read(folder, meta):
    shape = meta["shape"]
    dtype = np.dtype(meta["data_type"]).newbyteorder("<")
    out = np.zeros(shape, dtype)
    codecs = meta["codecs"]
    if not shape:
        return np.frombuffer(unzstd((folder / "c").read_bytes()), dtype)[0]
    inner = codecs[0]["configuration"]["chunk_shape"]
    outer = meta["chunk_grid"]["configuration"]["chunk_shape"]
    per_shard = outer[0] // inner[0]
    for shard in sorted((folder / "c").iterdir(), key=lambda path: int(path.name)):
        path = shard.joinpath(*["0"] * (len(shape) - 1))
        data = path.read_bytes()
        index = data[-(16 * per_shard + 4):]
        assert struct.unpack("<I", index[-4:])[0] == crc32c(index[:-4]), f"{path}: wrong sum"
        for chunk in range(per_shard):
            offset, length = struct.unpack_from("<QQ", index, 16 * chunk)
            if offset == 0xFFFFFFFFFFFFFFFF:
                continue
            values = np.frombuffer(unzstd(data[offset:offset + length]), dtype).reshape(inner)
            row = int(shard.name) * outer[0] + chunk * inner[0]
            rows = min(inner[0], shape[0] - row)
            out[row:row + rows] = values[:rows]
    return out


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = Path(sys.argv[1])
    consolidated = json.loads((root / "zarr.json").read_text())["consolidated_metadata"]["metadata"]
    for name, meta in consolidated.items():
        assert json.loads((root / name / "zarr.json").read_text()) == meta, f"{name}: metadata differs"
        if meta["node_type"] != "array":
            continue
        values = np.asarray(read(root / name, meta), dtype=np.float64)
        print(f"{name:28} {meta['data_type']:8} {tuple(meta['shape'])} sum {np.nansum(values):.6g}")


main()

"""Writes the same vectors with numpy, h5py and zarr-python, and says how fast and how large.

Usage: python3 bench/writers_bench.py FOLDER VECTORS.f32 PLACES DIM
"""

import os
import shutil
import sys
import time


def size(path):
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(path) for f in fs)


def main():
    folder, source, places, dim = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    try:
        import numpy as np
    except ImportError:
        print("missing: numpy")
        sys.exit(3)
    values = np.fromfile(source, "<f4").reshape(places, dim)

    def npz(path):
        np.savez(path, embeddings=values)

    def hdf5(path):
        import h5py
        with h5py.File(path, "w") as file:
            file.create_dataset("embeddings", data=values, chunks=(340, dim), compression="gzip",
                                compression_opts=4, shuffle=True)

    def zarr(path):
        import numcodecs
        import zarr
        shutil.rmtree(path, ignore_errors=True)
        store = zarr.open_group(path, mode="w")
        store.create_dataset("embeddings", data=values, chunks=(340, dim), compressor=numcodecs.GZip(5))

    for name, write in (("npz", npz), ("netcdf", hdf5), ("zarr", zarr)):
        path = f"{folder}/theirs.{name}" + (".npz" if name == "npz" else "")
        try:
            best = 1e9
            for _ in range(3):
                start = time.perf_counter()
                write(path)
                os.sync()
                best = min(best, time.perf_counter() - start)
            print(name, best, size(path))
        except ImportError as error:
            print(name, "missing", error.name)


main()

"""A LiteRT model as a function: one batch in, its outputs out."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pathlib import Path

Array = NDArray[Any]


class LiteRTModel:
    """One network of the bundle. Safe to call from several threads, one at a time.

    Example:
        >>> offsets_and_scores = LiteRTModel(bundle / "rnet.tflite")(patches)  # doctest: +SKIP
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        """`threads` are as many as there are cores, by default."""
        self._interpreter = Interpreter(str(path), num_threads=threads or os.cpu_count())
        (self._input,) = (entry["index"] for entry in self._interpreter.get_input_details())
        self._outputs = [entry["index"] for entry in self._interpreter.get_output_details()]
        self._shape: tuple[int, ...] = ()
        self._lock = threading.Lock()

    def __call__(self, batch: Array) -> dict[int, Array]:
        """The outputs for a batch, by the length of their last axis: their order is the converter's whim."""
        with self._lock:
            if batch.shape != self._shape:
                self._interpreter.resize_tensor_input(self._input, batch.shape)
                self._interpreter.allocate_tensors()
                self._shape = batch.shape
            self._interpreter.set_tensor(self._input, batch)
            self._interpreter.invoke()
            outputs = [self._interpreter.get_tensor(index) for index in self._outputs]
        return {output.shape[-1]: output for output in outputs}

    def in_chunks(self, batch: Array, size: int) -> dict[int, Array]:
        """The same for a batch of one row or more, at most `size` at a time, so that memory stays bounded."""
        chunks = [self(batch[start : start + size]) for start in range(0, len(batch), size)]
        return {length: np.concatenate([chunk[length] for chunk in chunks]) for length in chunks[0]}

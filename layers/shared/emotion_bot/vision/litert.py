"""A LiteRT model as a function: any number of rows in, as many out."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert.interpreter import Interpreter

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class LiteRTModel:
    """One network of the bundle, with one input and one output. Safe to call from several threads.

    Its shape is fixed when it is loaded: to allocate for another one takes longer than most runs.

    Example:
        >>> scores = LiteRTModel(bundle / "rnet.tflite", (8, 24, 24, 3))(patches)  # doctest: +SKIP
    """

    def __init__(self, path: Path, shape: tuple[int, ...], threads: int | None = None) -> None:
        """Load and allocate.

        Args:
            path: the network's file.
            shape: of its input; the first axis is how many rows it takes at a time.
            threads: as many as there are cores for this process, by default.
        """
        self._interpreter = Interpreter(str(path), num_threads=threads or len(os.sched_getaffinity(0)))
        (self._input,) = (entry["index"] for entry in self._interpreter.get_input_details())
        (self._output,) = (entry["index"] for entry in self._interpreter.get_output_details())
        self._interpreter.resize_tensor_input(self._input, shape)
        self._interpreter.allocate_tensors()
        self._rows = shape[0]
        self._width = self._interpreter.get_output_details()[0]["shape"][1:]
        self._lock = threading.Lock()

    def __call__(self, inputs: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
        """The outputs, float32 (N, ...), for inputs (N, ...) of the shape's other axes; N may be 0."""
        outputs = np.empty((len(inputs), *self._width), np.float32)
        with self._lock:
            for start in range(0, len(inputs), self._rows):
                chunk = inputs[start : start + self._rows]
                # Straight into the network's memory. Rows beyond the last keep what was there: it costs no
                # more, and no row depends on another.
                self._interpreter.tensor(self._input)()[: len(chunk)] = chunk
                self._interpreter.invoke()
                outputs[start : start + len(chunk)] = self._interpreter.tensor(self._output)()[: len(chunk)]
        return outputs

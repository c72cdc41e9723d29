"""The process that `heif` starts: a file on stdin; on stdout its pixels, after their type and shape.

Imports nothing of the bot, so that it starts quickly and has little to lose.
"""

import sys

import pi_heif


def main() -> int:
    """Unpack the file; exit status 1 where it is none that libheif reads."""
    try:
        # The pixels are libheif's memory, which goes with the picture.
        picture = pi_heif.open_heif(sys.stdin.buffer.read(), bgr_mode=True)
        pixels = picture.__array_interface__
    except (EOFError, IndexError, OSError, RuntimeError, SyntaxError, ValueError):
        return 1
    sys.stdout.buffer.write(f"{pixels['typestr']}\n{' '.join(map(str, pixels['shape']))}\n".encode())
    sys.stdout.buffer.write(pixels["data"])
    return 0


if __name__ == "__main__":
    sys.exit(main())

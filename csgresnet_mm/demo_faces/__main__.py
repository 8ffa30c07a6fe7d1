"""Write the synthetic demo faces, a sheet of samples, or both."""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.demo_faces.action_units import EXPRESSIONS
from csgresnet_mm.demo_faces.write import (
    DISCLAIMER,
    draw_face,
    ensure_demo_faces,
)


def contact_sheet(seed: int, rows: int, size: int) -> NDArray[np.uint8]:
    """A picture (rows, 7) of faces, RGB, one expression a column.

    Args:
        seed: Of the data.
        rows: Faces of each expression.
        size: Side length of a face in pixels.
    """
    head = np.full((24, size * len(EXPRESSIONS), 3), 255, dtype=np.uint8)
    for column, name in enumerate(EXPRESSIONS):
        place = (column * size + 6, 17)
        cv2.putText(head, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 0)
    lines = [head]
    for row in range(rows):
        first = row * len(EXPRESSIONS) + 1
        faces = [
            draw_face(seed, 'train', first + label, label, size)[0]
            for label in range(len(EXPRESSIONS))
        ]
        lines.append(np.hstack(faces))
    return np.vstack(lines)


def _save_png(path: Path, picture: NDArray[np.uint8]) -> None:
    done, code = cv2.imencode('.png', picture[..., ::-1])
    if not done:
        raise RuntimeError('OpenCV could not encode a PNG')
    with atomic_write(path, 0o644) as file:
        file.write(code.tobytes())


def main(argv: list[str] | None = None) -> None:
    """Run the command line.

    Args:
        argv: Arguments; None takes the process's own.
    """
    parser = argparse.ArgumentParser(
        prog='python -m csgresnet_mm.demo_faces',
        description=f"{DISCLAIMER} They are written in RAF-DB's layout.",
    )
    parser.add_argument('out', nargs='?', help='folder to make')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--num-train', type=int, default=1050)
    parser.add_argument('--num-test', type=int, default=350)
    parser.add_argument(
        '--contact-sheet',
        type=Path,
        metavar='FILE.png',
        help='write faces of each expression, with their names, to a picture',
    )
    args = parser.parse_args(argv)
    if args.out is None and args.contact_sheet is None:
        parser.error('give a folder, --contact-sheet FILE.png or both')
    if args.out is not None:
        root = ensure_demo_faces(
            args.out,
            seed=args.seed,
            num_train=args.num_train,
            num_test=args.num_test,
        )
        print(f'{root}: {args.num_train} + {args.num_test} synthetic faces')
    if args.contact_sheet is not None:
        _save_png(args.contact_sheet, contact_sheet(args.seed, 10, 100))
        print(f'{args.contact_sheet}: synthetic faces by expression')


if __name__ == '__main__':
    main()

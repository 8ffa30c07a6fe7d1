"""The command ``csgresnet``, which is also ``python -m csgresnet_mm``."""

from csgresnet_mm.program import run


def main() -> None:
    """Tell the expressions of faces, as tools/predict.py does."""
    run('csgresnet_mm.apis.predictor.cli:main')


if __name__ == '__main__':
    main()

"""Train a model; the options are those of MMPretrain's tools/train.py."""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.training.cli:train')

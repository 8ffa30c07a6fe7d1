"""Tell the expressions of faces in a photo, folder, video or camera.

``predict.py --help`` lists the options.
"""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.apis.predictor.cli:main')

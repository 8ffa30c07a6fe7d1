"""A page on this computer: a photo in, expressions out.

``app.py --help`` tells the options.
"""

from csgresnet_mm.apis.page.app import main

if __name__ == '__main__':
    main()

"""The app's parts and what they do, made with gradio."""

from collections.abc import Iterator
from html import escape
from typing import Any

from csgresnet_mm.apis.predictor import ImageError
from csgresnet_mm.programs.app.about import weights_details
from csgresnet_mm.programs.app.answers import Answer
from csgresnet_mm.programs.app.clips import MAX_SECONDS, Clip
from csgresnet_mm.programs.app.examples import draw_examples, show_examples
from csgresnet_mm.programs.app.looking import MAX_PHOTO, Looker
from csgresnet_mm.programs.app.style import ON_ANSWER, ON_EXAMPLE, TO_UPLOAD

MAX_VIDEO = 100 * 2**20
"""Bytes."""
KEPT_SECONDS = 600
"""How long gradio's folder keeps what was given; at the end it is emptied."""
AT_ONCE = 4
"""Photos and videos that are looked at together; others wait."""
INTRO = (
    'Give a photo or a short video: each face is found, and how likely each '
    'expression is.'
)
LIMITS = (
    f'Photos up to {MAX_PHOTO // 2**20} MiB; videos up to '
    f'{MAX_VIDEO // 2**20} MiB, of which the first {MAX_SECONDS} seconds are '
    'looked at.'
)
SYNTHETIC = 'Trained on synthetic demo faces: not for real photos.'
FORGOTTEN = 'The photo was forgotten meanwhile: give it again.'

Changes = dict[Any, Any]
"""Component -> its new value."""


class App:
    """The app: its parts, and what they do.

    Args:
        gradio: The module; a Blocks is open.
        looker: Looks at what is given.
        note: Where photos go.
    """

    def __init__(self, gradio: Any, looker: Looker, note: str) -> None:
        self._gradio = gradio
        self._looker = looker
        self._examples = draw_examples()
        self._lay_head(note)
        self._lay_start()
        self._lay_answer()
        self._connect()

    def _html(self, text: str, **options: Any) -> Any:
        return self._gradio.HTML(text, apply_default_css=False, **options)

    def _lay_head(self, note: str) -> None:
        predictor, weights = self._looker.predictor, self._looker.weights
        self._html(
            '<header class="fer fer-top"><h1>Facial expressions</h1>'
            f'<p>{INTRO}</p><p class="fer-below">{escape(note)} '
            'An expression is not a feeling.</p></header>'
        )
        notes = [SYNTHETIC] if predictor.info.synthetic else []
        if self._looker.without_maps:
            notes.append(f'No Grad-CAM: {self._looker.without_maps}')
        for text in notes:
            self._html(f'<p class="fer fer-note">{escape(text)}</p>')
        self._gradio.Markdown(
            weights_details(predictor, weights), elem_id='weights'
        )
        self._status = self._html(_status_line(''), elem_id='message')

    def _lay_start(self) -> None:
        gradio = self._gradio
        synthetic = self._looker.predictor.info.synthetic
        with gradio.Column() as self._start_part:
            self._upload = gradio.File(
                label='Photo or video',
                elem_id='upload',
                height=200,
            )
            self._html(f'<p class="fer fer-below">{LIMITS}</p>')
            self._open = gradio.Button(
                'Use the camera', size='sm', elem_id='open-camera'
            )
            with gradio.Column(visible=False) as self._camera_part:
                self._camera = gradio.Image(
                    label='Camera', sources=['webcam'], elem_id='camera'
                )
            # the file as it came, which is decoded with limits; a subclass
            # would make gradio write a .pyi beside this file
            self._upload.preprocess = self._camera.preprocess = _given
            self._buttons = self._html(
                show_examples(self._examples, synthetic),
                elem_id='examples',
                js_on_load=ON_EXAMPLE,
            )

    def _lay_answer(self) -> None:
        gradio = self._gradio
        with gradio.Column(visible=False) as self._answer_part:
            self._again = gradio.Button(
                'Another photo or video', size='sm', elem_id='again'
            )
            self._stop = gradio.Button(
                'Stop', size='sm', visible=False, elem_id='stop'
            )
            self._result = self._html(
                '', elem_id='result', js_on_load=ON_ANSWER
            )
        self._known = gradio.State(time_to_live=KEPT_SECONDS)

    def _connect(self) -> None:
        everything = [
            self._status,
            self._start_part,
            self._upload,
            self._open,
            self._camera,
            self._camera_part,
            self._answer_part,
            self._stop,
            self._result,
            self._again,
            self._known,
        ]
        plain = {
            'outputs': everything,
            'show_progress': 'hidden',
            'api_visibility': 'private',
        }
        looks = {
            **plain,
            'concurrency_limit': AT_ONCE,
            'concurrency_id': 'look',
        }
        given = self._upload.upload(self._take, self._upload, **looks)
        self._camera.input(self._take, self._camera, **looks)

        def take_example(clicked: Any) -> Changes:
            return self._take_example(clicked.number)

        # by its type gradio knows that it is no input
        take_example.__annotations__['clicked'] = self._gradio.EventData
        self._buttons.click(take_example, None, **looks)
        self._result.input(self._explain, self._known, **plain)
        self._stop.click(self._end, self._known, cancels=[given], **plain)
        self._again.click(self._start, None, **plain).then(js=TO_UPLOAD)
        self._open.click(
            self._show_camera, None, [self._open, self._camera_part]
        )

    # What happens.

    def _show_camera(self) -> tuple[Any, Any]:
        update = self._gradio.update
        return update(visible=False), update(visible=True)

    def _take(self, given: tuple[str, str] | None) -> Iterator[Changes]:
        """A file came: its path, and its name."""
        if given is None:
            return
        path, name = given
        yield self._busy(f'Looking for faces in {name} …')
        try:
            for known in self._looker.look(path, name):
                yield self._answer(known)
        except ImageError as error:
            yield self._start(str(error))

    def _take_example(self, number: int) -> Changes:
        name, image = self._examples[number]
        known = self._looker.photo(image, f'drawn {name}.png'.lower())
        return self._answer(known)

    def _explain(self, known: Answer | None) -> Changes:
        """The switch was turned on for the first time."""
        if not isinstance(known, Answer):
            return self._start(FORGOTTEN)
        known = self._looker.explain(known)
        return {
            **self._empty(),
            self._result: self._looker.show(known),
            self._known: known,
        }

    def _end(self, known: Clip | None) -> Changes:
        if not isinstance(known, Clip):
            return self._start()
        known.stopped = known.done = True
        return self._answer(known)

    # How the app looks then.

    def _empty(self) -> Changes:
        """With every change: gradio makes outputs without a value anew."""
        return {self._upload: None, self._camera: None}

    def _start(self, error: str = '') -> Changes:
        update = self._gradio.update
        return {
            **self._empty(),
            self._status: _status_line(error, 'error'),
            self._start_part: update(visible=True),
            self._open: update(visible=True),
            self._camera_part: update(visible=False),
            self._answer_part: update(visible=False),
            self._stop: update(visible=False),
            self._result: '',
            self._known: None,
        }

    def _busy(self, text: str) -> Changes:
        update = self._gradio.update
        return {
            **self._empty(),
            self._status: _status_line(text),
            self._start_part: update(visible=False),
            self._answer_part: update(visible=False),
            self._result: '',
            self._known: None,
        }

    def _answer(self, known: Answer | Clip) -> Changes:
        update = self._gradio.update
        over = isinstance(known, Answer) or known.done
        return {
            **self._empty(),
            self._status: _status_line('') if over else _progress(known),
            self._start_part: update(visible=False),
            self._answer_part: update(visible=True),
            self._stop: update(visible=not over),
            self._again: update(visible=over),
            self._result: self._looker.show(known),
            self._known: known,
        }


def _given(payload: Any) -> tuple[str, str] | None:
    if payload is None:
        return None
    return payload.path, payload.orig_name or 'The photo'


def _status_line(text: str, kind: str = 'busy') -> str:
    """A line that a screen reader reads out when it changes."""
    kind = kind if text else 'none'
    return (
        f'<p class="fer fer-status fer-{kind}" role="status">'
        f'{escape(text)}</p>'
    )


def _progress(clip: Clip) -> str:
    done = len(clip.frames)
    if clip.total is None:
        return _status_line(f'Frame {done} …')
    return (
        f'<p class="fer fer-status" role="status">Frame {done} of '
        f'{clip.total}<progress value="{done}" max="{clip.total}" '
        'aria-label="Frames looked at"></progress></p>'
    )

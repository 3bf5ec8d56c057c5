"""The command line: one file a command. Modules that need much to import are imported when called."""

from __future__ import annotations

import os
import sys
import warnings

import click
from PIL import Image

from iog._version import __version__
from iog.cli.annotate import annotate
from iog.cli.auto import auto
from iog.cli.bench import bench
from iog.cli.calibrate import calibrate
from iog.cli.convert import convert
from iog.cli.data import data
from iog.cli.demo import demo
from iog.cli.doctor import doctor
from iog.cli.evaluate import evaluate
from iog.cli.exchange import export, import_
from iog.cli.models import models
from iog.cli.predict import predict
from iog.cli.reproduce import reproduce
from iog.cli.serve import serve
from iog.cli.train import train
from iog.cli.web import web
from iog.errors import IogError
from iog.files import told
from iog.images import BITS, DarkPictureWarning


class _BadInput(click.ClickException):
    exit_code = 2


class _Commands(click.Group):
    """Turns errors that a user can mend into one line and exit status 2."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except IogError as error:
            raise _BadInput(str(error)) from None
        except BrokenPipeError:
            raise  # whoever read our output has enough (`| head`): click ends quietly
        except OSError as error:
            # A full disk, a folder without permission: the user's to mend, not a defect.
            raise _BadInput(told(error)) from None


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="iog")
@click.option(
    "--bits",
    type=click.IntRange(9, 16),
    help="Bits of 16-bit grey photos whose files do not say, such as 12 for a 12-bit camera.",
)
def main(bits: int | None) -> None:
    """Three clicks to an object mask (Inside-Outside Guidance), offline and without a GPU.

    Start with:  iog predict PHOTO --corners 40,30 310,280 --inside 170,160 --out mask.png

    Exit status: 0 done, 1 some objects of a batch failed (they are listed), 2 bad input or usage.
    """
    # We check the size of pictures ourselves and say what to do.
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    # Of PyTorch's exporter: encoder and decoder name the same axis.
    warnings.filterwarnings("ignore", "# The axis name", UserWarning)
    warnings.showwarning = _show
    if bits is not None:
        os.environ[BITS] = str(bits)  # also for the processes that a command starts


def _show(message: Warning | str, category: type[Warning], *place: object, **more: object) -> None:
    """Warnings of ours as one line; others as Python shows them."""
    if issubclass(category, DarkPictureWarning):
        click.echo(f"note: {message}", err=True)
    else:
        _SHOW(message, category, *place, **more)  # type: ignore[arg-type]


_SHOW = warnings.showwarning


for command in (
    predict,
    annotate,
    serve,
    export,
    import_,
    auto,
    demo,
    doctor,
    models,
    data,
    evaluate,
    calibrate,
    reproduce,
    bench,
    train,
    convert,
    web,
):
    main.add_command(command)

if __name__ == "__main__":
    sys.exit(main())

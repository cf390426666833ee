#!/usr/bin/env python
"""Django's command line for Debrief."""

import os
import sys


def main() -> None:
    """Run a command. What an operator can mend is one line, not a traceback; `--traceback` shows where it was found."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError

    if "--traceback" in sys.argv:
        execute_from_command_line(sys.argv)
        return
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except (OperationalError, ProgrammingError) as error:
        sys.exit(f"The database refuses: {' '.join(str(error).split()).rstrip('.')}. Is it running, and was it prepared (manage.py prepare)?")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

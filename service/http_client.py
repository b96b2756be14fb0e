"""An HTTP client that goes where it was sent and nowhere else."""

import urllib.request


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect could lead to an address that is not configured."""

    def redirect_request(self, *_args: object, **_options: object) -> None:
        return None


def opener_without_redirects(*handlers: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """Return an opener that raises `HTTPError` where it is redirected; `handlers` as for `build_opener`."""
    return urllib.request.build_opener(_NoRedirects, *handlers)

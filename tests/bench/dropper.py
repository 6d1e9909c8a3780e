"""Stock aiosmtpd that takes mails and drops them: what Python's usual SMTP server costs before any work is done."""

import asyncio
import sys

from aiosmtpd.smtp import SMTP, Envelope, Session


class Drop:
    """Accepts everything, keeps nothing."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Answer at once."""
        return "250 OK"


async def serve(port: int) -> None:
    """Listen on loopback until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Drop(), loop=loop), "127.0.0.1", port, backlog=200)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

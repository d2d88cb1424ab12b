"""What a check compares its target with, as far as the lab has it: run in a namespace of its own.

  world.py CHAIN-FILE

Greets on 465 (inside TLS) and 587, shakes hands on 443, and says on 80 that nothing stands between.
"""

import asyncio
import ssl
import sys

GREETING = b"220 world.test ESMTP\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def speaker(first, ends_with, answer):
    """Says its first word, and answers each line that begins so, until the other side goes."""
    async def speak(reader, writer):
        try:
            writer.write(first)
            while line := await reader.readline():
                if line.upper().startswith(ends_with):
                    writer.write(answer)
                    break
            await writer.drain()
        except (OSError, ValueError):
            pass
        writer.close()
    return speak


async def main(chain):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain)
    mail = speaker(GREETING, b"QUIT", b"221 bye\r\n")
    web = speaker(b"", b"\r\n", NO_CONTENT)
    servers = [
        await asyncio.start_server(mail, None, 587),
        await asyncio.start_server(mail, None, 465, ssl=tls),
        await asyncio.start_server(web, None, 443, ssl=tls),
        await asyncio.start_server(web, None, 80),
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

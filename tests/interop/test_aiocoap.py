# SPDX-License-Identifier: Apache-2.0
"""A small LwM2M server on aiocoap: another implementation of messages, blocks and Observe than Leshan's Californium."""

import asyncio
import unittest

import aiocoap_env
import case
from agent import Agent
from case import AgentCase

try:
    aiocoap_env.activate()
    import aiocoap
    import aiocoap.resource
    MISSING = None
except aiocoap_env.AiocoapUnavailable as e:
    MISSING = str(e)

SENML_JSON = 110


def make_site(registered):
    """/rd: registered is a queue that gets (query, links, the client's URI)."""

    class Registration(aiocoap.resource.Resource):
        async def render_post(self, request):
            return aiocoap.Message(code=aiocoap.CHANGED)

        async def render_delete(self, request):
            registered.put_nowait(None)
            return aiocoap.Message(code=aiocoap.DELETED)

    class Registrations(aiocoap.resource.Resource):
        async def render_post(self, request):
            registered.put_nowait((request.opt.uri_query, request.payload.decode(), request.remote.uri))
            return aiocoap.Message(code=aiocoap.CREATED, location_path=("rd", "a"))

    site = aiocoap.resource.Site()
    site.add_resource(["rd"], Registrations())
    site.add_resource(["rd", "a"], Registration())
    return site


@unittest.skipIf(MISSING, MISSING)
class TestAiocoap(AgentCase):
    def run_with_agent(self, scenario):
        """scenario(server, agent): a coroutine."""
        asyncio.run(asyncio.wait_for(self._run(scenario), 60))

    async def _run(self, scenario):
        registered = asyncio.Queue()
        port = case.free_port()
        context = await aiocoap.Context.create_server_context(make_site(registered), bind=("127.0.0.1", port))
        agent = Agent({"uri": f"coap://127.0.0.1:{port}", "lifetime": 300}, [])
        try:
            query, links, self.uri = await registered.get()
            self.assertIn(f"ep={agent.endpoint}", query)
            self.assertIn("</3/0>", links.split(","))
            self.context = context
            await asyncio.to_thread(agent.wait_log, "registered with")
            await scenario()
            await asyncio.to_thread(agent.stop)
            self.assertIsNone(await registered.get())
        finally:
            await asyncio.to_thread(agent.close, False)
            await context.shutdown()

    def request(self, code, path, payload=b"", **options):
        message = aiocoap.Message(code=code, uri=self.uri + path, payload=payload, **options)
        return self.context.request(message)

    async def expect(self, expected, *arguments, **options):
        response = await self.request(*arguments, **options).response
        self.assertEqual(str(response.code).partition(" ")[0], expected, response)
        return response

    def test_operations(self):
        async def scenario():
            response = await self.expect("2.05", aiocoap.GET, "/1/0/1")
            self.assertEqual((response.payload, response.opt.content_format), (b"300", 0))
            response = await self.expect("2.05", aiocoap.GET, "/3/0", accept=SENML_JSON)
            self.assertEqual(response.opt.content_format, SENML_JSON)
            await self.expect("2.05", aiocoap.GET, "/1", accept=40)
            await self.expect("2.04", aiocoap.PUT, "/1/0/5", b"17", content_format=0)
            self.assertEqual((await self.expect("2.05", aiocoap.GET, "/1/0/5")).payload, b"17")
            await self.expect("2.04", aiocoap.POST, "/1/0/8")
            await self.expect("4.04", aiocoap.GET, "/9999")
            await self.expect("4.05", aiocoap.DELETE, "/3/0")
            await self.expect("4.06", aiocoap.GET, "/3/0", accept=0)
        self.run_with_agent(scenario)

    def test_observe(self):
        async def scenario():
            request = self.request(aiocoap.GET, "/1/0/5", observe=0)
            self.assertEqual((await request.response).payload, b"86400")
            told = aiter(request.observation)
            for value in (b"1", b"2", b"3"):
                await self.expect("2.04", aiocoap.PUT, "/1/0/5", value, content_format=0)
                self.assertEqual((await anext(told)).payload, value)
            request.observation.cancel()
        self.run_with_agent(scenario)

    def test_blocks(self):
        """In blocks of 64 bytes, both ways."""
        async def scenario():
            whole = await self.expect("2.05", aiocoap.GET, "/1", accept=SENML_JSON)
            small = await self.expect("2.05", aiocoap.GET, "/1", accept=SENML_JSON, block2=(0, False, 2))
            self.assertGreater(len(whole.payload), 64)
            self.assertEqual(small.payload, whole.payload)
        self.run_with_agent(scenario)


if __name__ == "__main__":
    case.main()

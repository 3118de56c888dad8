import { Body, Controller, Delete, HttpCode, Param, Post, Put, Req } from '@nestjs/common';
import type { Request } from 'express';

import { ServiceOnly } from '../../kernel/auth/service.guard.js';
import { DirectoryImport } from '../../kernel/directory/directory.import.js';
import { checkProfile } from '../../kernel/directory/directory.input.js';
import { Directory } from '../../kernel/directory/directory.service.js';
import { badInput } from '../../kernel/errors.js';
import { checkId } from '../../kernel/input.js';

const DONE = { success: true } as const;
const NDJSON = 'application/x-ndjson';

/** How your own back end tells who exists, who knows whom and who talks where. Everything may be said twice. */
@Controller('api/internal')
@ServiceOnly()
export class InternalController {
  constructor(
    private readonly directory: Directory,
    private readonly directoryImport: DirectoryImport,
  ) {}

  @Put('users/:id')
  async putUser(@Param('id') id: string, @Body() body: unknown) {
    await this.directory.putUser(checkProfile(checkId(id, 'id'), body));
    return DONE;
  }

  @Delete('users/:id')
  async deleteUser(@Param('id') id: string) {
    await this.directory.deleteUser(checkId(id, 'id'));
    return DONE;
  }

  @Put('users/:id/contacts/:contactId')
  async putContact(@Param('id') id: string, @Param('contactId') contactId: string) {
    await this.directory.putContact(checkId(id, 'id'), checkId(contactId, 'contactId'));
    return DONE;
  }

  @Delete('users/:id/contacts/:contactId')
  async deleteContact(@Param('id') id: string, @Param('contactId') contactId: string) {
    await this.directory.deleteContact(checkId(id, 'id'), checkId(contactId, 'contactId'));
    return DONE;
  }

  @Put('conversations/:id/members/:userId')
  async putMember(@Param('id') id: string, @Param('userId') userId: string) {
    await this.directory.putMember(checkId(id, 'id'), checkId(userId, 'userId'));
    return DONE;
  }

  @Delete('conversations/:id/members/:userId')
  async deleteMember(@Param('id') id: string, @Param('userId') userId: string) {
    await this.directory.deleteMember(checkId(id, 'id'), checkId(userId, 'userId'));
    return DONE;
  }

  @Post('import')
  @HttpCode(200)
  async import(@Req() request: Request) {
    // A body of another type has been read by its parser, or would be cut at the limit for those.
    if (mediaType(request) !== NDJSON) throw badInput(`The body must be ${NDJSON}`);
    return { success: true, ...(await this.directoryImport.run(bodyOf(request))) };
  }
}

function mediaType(request: Request): string | undefined {
  return request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
}

async function* bodyOf(request: Request): AsyncGenerator<Uint8Array> {
  // Not destroyed when the import stops early, so that the client still gets the answer that says why.
  const chunks: AsyncIterator<Uint8Array, undefined> = request.iterator({ destroyOnReturn: false });
  for (;;) {
    const { done, value } = await chunks.next().catch(() => {
      throw badInput('The body broke off');
    });
    if (done) return;
    yield value;
  }
}

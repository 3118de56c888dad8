import { Body, Controller, Delete, HttpCode, Param, Post, Put, Req } from '@nestjs/common';
import type { Request } from 'express';

import { ServiceOnly } from '../../kernel/auth/service.guard.js';
import { DirectoryImport } from '../../kernel/directory/directory.import.js';
import { checkProfile } from '../../kernel/directory/directory.input.js';
import { Directory } from '../../kernel/directory/directory.service.js';
import { badInput } from '../../kernel/errors.js';
import { checkId } from '../../kernel/input.js';
import { documented, ofBackEnds } from './rest.docs.js';
import { DONE_ANSWER, IMPORT_ANSWER, PROFILE_BODY } from './rest.schemas.js';

const DONE = { success: true } as const;
const NDJSON = 'application/x-ndjson';

/** How your own back end tells who exists, who knows whom and who talks where. Everything may be said twice. */
@Controller('api/internal')
@ServiceOnly()
@ofBackEnds()
export class InternalController {
  constructor(
    private readonly directory: Directory,
    private readonly directoryImport: DirectoryImport,
  ) {}

  @documented({ summary: 'Creates or replaces a user', body: PROFILE_BODY, answer: DONE_ANSWER, refuses: [400, 413] })
  @Put('users/:id')
  async putUser(@Param('id') id: string, @Body() body: unknown) {
    await this.directory.putUser(checkProfile(checkId(id, 'id'), body));
    return DONE;
  }

  @documented({ summary: 'Removes a user with all that hangs on them', answer: DONE_ANSWER, refuses: [400] })
  @Delete('users/:id')
  async deleteUser(@Param('id') id: string) {
    await this.directory.deleteUser(checkId(id, 'id'));
    return DONE;
  }

  @documented({
    summary: 'The user has the other as a contact, one direction',
    answer: DONE_ANSWER,
    refuses: [400, 404],
  })
  @Put('users/:id/contacts/:contactId')
  async putContact(@Param('id') id: string, @Param('contactId') contactId: string) {
    await this.directory.putContact(checkId(id, 'id'), checkId(contactId, 'contactId'));
    return DONE;
  }

  @documented({ summary: 'The user has the other as a contact no more', answer: DONE_ANSWER, refuses: [400] })
  @Delete('users/:id/contacts/:contactId')
  async deleteContact(@Param('id') id: string, @Param('contactId') contactId: string) {
    await this.directory.deleteContact(checkId(id, 'id'), checkId(contactId, 'contactId'));
    return DONE;
  }

  @documented({
    summary: 'Adds a member; makes the conversation when it is new',
    answer: DONE_ANSWER,
    refuses: [400, 404],
  })
  @Put('conversations/:id/members/:userId')
  async putMember(@Param('id') id: string, @Param('userId') userId: string) {
    await this.directory.putMember(checkId(id, 'id'), checkId(userId, 'userId'));
    return DONE;
  }

  @documented({ summary: 'Removes a member', answer: DONE_ANSWER, refuses: [400] })
  @Delete('conversations/:id/members/:userId')
  async deleteMember(@Param('id') id: string, @Param('userId') userId: string) {
    await this.directory.deleteMember(checkId(id, 'id'), checkId(userId, 'userId'));
    return DONE;
  }

  @documented({
    summary: 'Takes users, contacts and members, one JSON object a line',
    body: { type: 'string' },
    consumes: NDJSON,
    answer: IMPORT_ANSWER,
    refuses: [400],
  })
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

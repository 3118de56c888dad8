import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

import type { Config } from '../../kernel/config/config.js';
import { SERVICE_TOKEN } from './rest.docs.js';
import { RestModule } from './rest.module.js';

const PATH = 'api/docs';

/** Serves the OpenAPI document of the REST API, and a page to try it on. Everything comes from this process. */
export function serveDocs(app: INestApplication, config: Config): void {
  if (!config.apiDocs) return;
  const head = new DocumentBuilder()
    .setTitle('Lamplight REST API')
    .setDescription('Who is online, with which status, and who may know it.')
    .setVersion('1')
    .addBearerAuth()
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-secret-token' }, SERVICE_TOKEN)
    .build();
  const document = SwaggerModule.createDocument(app, head, { include: [RestModule] });
  SwaggerModule.setup(PATH, app, document, { jsonDocumentUrl: `${PATH}-json`, raw: ['json'] });
}

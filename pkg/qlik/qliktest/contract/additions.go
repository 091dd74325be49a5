package contract

import (
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// additions are documented operations that the document lacks, in our own words after the
// types that Qlik publishes beside it (qlik-api-ts, audits.d.ts) and
// https://qlik.dev/apis/rest/audits.
const additions = `{
 "openapi": "3.0.0", "info": {"title": "additions", "version": "1"},
 "paths": {
  "/api/v1/audits": {"get": {
   "parameters": [
    {"name": "eventTime", "in": "query", "schema": {"type": "string", "pattern": "^[^/]+/[^/]+$"}},
    {"name": "eventType", "in": "query", "schema": {"type": "string"}},
    {"name": "id", "in": "query", "schema": {"type": "string"}},
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
    {"name": "next", "in": "query", "schema": {"type": "string"}},
    {"name": "prev", "in": "query", "schema": {"type": "string"}},
    {"name": "sort", "in": "query", "schema": {"type": "string", "pattern": "^[-+](source|eventType|eventTime)$"}},
    {"name": "source", "in": "query", "schema": {"type": "string"}},
    {"name": "userId", "in": "query", "schema": {"type": "string"}}
   ],
   "responses": {
    "200": {"description": "events", "content": {"application/json": {"schema": {"type": "object", "required": ["data"], "properties": {
     "data": {"type": "array", "items": {"type": "object", "properties": {
      "id": {"type": "string"}, "eventId": {"type": "string"}, "eventType": {"type": "string"}, "eventTypeVersion": {"type": "string"},
      "eventTime": {"type": "string", "format": "date-time"}, "contentType": {"type": "string"}, "source": {"type": "string"},
      "tenantId": {"type": "string"}, "userId": {"type": "string"}, "data": {}, "links": {"type": "object"},
      "extensions": {"type": "object", "properties": {"actor": {"type": "object"}, "ownerId": {"type": "string"}, "spaceId": {"type": "string"}, "topLevelResourceId": {"type": "string"}, "updates": {}}}
     }}},
     "links": {"type": "object"}
    }}}}},
    "403": {"description": "no right"}
   }}},
  "/api/v1/audits/types": {"get": {
   "responses": {
    "200": {"description": "types", "content": {"application/json": {"schema": {"type": "object", "required": ["data"], "properties": {
     "data": {"type": "array", "items": {"type": "string"}}, "links": {"type": "object"}}}}}},
    "403": {"description": "no right"}
   }}}
 }}`

// complete adds the operations above to a document that lacks them.
func complete(doc *openapi3.T) error {
	more, err := openapi3.NewLoader().LoadFromData([]byte(additions))
	if err != nil {
		return fmt.Errorf("contract: additions: %w", err)
	}
	for path, item := range more.Paths.Map() {
		if doc.Paths.Value(path) == nil {
			doc.Paths.Set(path, item)
		}
	}
	return nil
}

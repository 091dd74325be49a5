package qliktest

type itemView struct {
	ID                       string         `json:"id"`
	TenantID                 string         `json:"tenantId"`
	Name                     string         `json:"name"`
	Description              string         `json:"description"`
	ResourceID               string         `json:"resourceId"`
	ResourceType             string         `json:"resourceType"`
	SpaceID                  string         `json:"spaceId,omitempty"`
	OwnerID                  string         `json:"ownerId"`
	CreatorID                string         `json:"creatorId"`
	UpdaterID                string         `json:"updaterId"`
	CreatedAt                stamp          `json:"createdAt"`
	UpdatedAt                stamp          `json:"updatedAt"`
	ResourceCreatedAt        stamp          `json:"resourceCreatedAt"`
	ResourceUpdatedAt        stamp          `json:"resourceUpdatedAt"`
	ResourceReloadEndTime    *stamp         `json:"resourceReloadEndTime,omitempty"`
	ResourceReloadStatus     string         `json:"resourceReloadStatus,omitempty"`
	ResourceSize             itemSize       `json:"resourceSize"`
	ResourceAttributes       itemAttributes `json:"resourceAttributes"`
	ResourceCustomAttributes struct{}       `json:"resourceCustomAttributes"`
	CollectionIDs            []string       `json:"collectionIds"`
	IsFavorited              bool           `json:"isFavorited"`
	Actions                  []string       `json:"actions"`
	Meta                     itemMeta       `json:"meta"`
	Links                    itemLinks      `json:"links"`
}

type itemSize struct {
	AppFile   int `json:"appFile"`
	AppMemory int `json:"appMemory"`
}

// itemAttributes is the copy of the app's own attributes in the index.
type itemAttributes struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	Description    string `json:"description"`
	SpaceID        string `json:"spaceId"`
	OwnerID        string `json:"ownerId"`
	OriginAppID    string `json:"originAppId"`
	PublishTime    stamp  `json:"publishTime"`
	LastReloadTime stamp  `json:"lastReloadTime"`
	CreatedDate    stamp  `json:"createdDate"`
	ModifiedDate   stamp  `json:"modifiedDate"`
	Usage          string `json:"usage"`
	ResourceType   string `json:"_resourcetype"`
}

type itemMeta struct {
	Tags        []string `json:"tags"`
	Collections []string `json:"collections"`
	IsFavorited bool     `json:"isFavorited"`
	Actions     []string `json:"actions"`
}

type itemLinks struct {
	Self        href `json:"self"`
	Collections href `json:"collections"`
	Open        href `json:"open"`
}

func (c *call) viewItem(i *item) itemView {
	actions := []string{}
	if c.query.Get("noActions") != "true" {
		actions = c.privileges(&app{Space: i.Space, Owner: i.Owner})
	}
	path := "/api/v1/items/" + i.ID
	v := itemView{
		ID: i.ID, TenantID: c.tenant.ID, Name: i.Name, Description: i.Description, ResourceID: i.App, ResourceType: "app", SpaceID: i.Space,
		OwnerID: i.Owner, CreatorID: i.Creator, UpdaterID: i.Owner, CreatedAt: i.Created, UpdatedAt: i.Updated,
		ResourceCreatedAt: i.AppCreated, ResourceUpdatedAt: i.AppUpdated, ResourceSize: itemSize{AppFile: i.Size},
		ResourceAttributes: itemAttributes{
			i.App, i.Name, i.Description, i.Space, i.Owner, i.Origin, i.Published, i.Reloaded, i.AppCreated, i.AppUpdated, "ANALYTICS", "app",
		},
		CollectionIDs: c.collectionsOf(i.ID), Actions: actions, Meta: itemMeta{Tags: []string{}, Collections: []string{}, Actions: actions},
		Links: itemLinks{href{c.link(path)}, href{c.link(path + "/collections")}, href{c.link("/sense/app/" + i.App)}},
	}
	if i.Reloaded != 0 {
		v.ResourceReloadEndTime, v.ResourceReloadStatus = &i.Reloaded, "ok"
	}
	return v
}

package qliktest

// What answers on the three kinds of host.
var (
	tenantRouter = newRouter(append(plainServices(),
		oauthService, tenantsService, usersService, groupsService, rolesService, spacesService, assignmentsService, itemsService,
		appsService, analyticsAppsService, tempService, themesService, extensionsService, reloadsService, evaluationsService, apiKeysService, quotasService, licensesService,
		connectionsService, dataFilesService, collectionsService, webhooksService, oauthClientsService, idpsService,
		authSettingsService, tenantSettingsService, tenantSettingsCreation, bannersService, brandsService, uiConfigService, tasksService, reloadTasksService, automationsService, auditsService, notesService, sharingService, alertsService, conditionsService, glossariesService,
	)...)
	registerRouter = newRouter(oauthService, registerService)
	consoleRouter  = newRouter(oauthService, consoleService)
)

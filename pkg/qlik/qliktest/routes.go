package qliktest

// What answers on the three kinds of host.
var (
	tenantRouter = newRouter(append(plainServices(),
		oauthService, tenantsService, usersService, groupsService, rolesService, spacesService, assignmentsService, itemsService,
		appsService, analyticsAppsService, tempService, themesService, extensionsService, reloadsService, apiKeysService, quotasService, licensesService,
		connectionsService, webhooksService, oauthClientsService, idpsService,
		authSettingsService, tasksService, reloadTasksService, automationsService,
	)...)
	registerRouter = newRouter(oauthService, registerService)
	consoleRouter  = newRouter(oauthService, consoleService)
)

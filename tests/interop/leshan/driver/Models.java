// SPDX-License-Identifier: Apache-2.0

package driver;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.model.LwM2mModelRepository;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.server.model.LwM2mModelProvider;
import org.eclipse.leshan.server.registration.Registration;

// Object definitions: of the version the client registered, or of any version where that one is not known.
class Models implements LwM2mModelProvider {
    private final LwM2mModelRepository repository;

    Models(Collection<ObjectModel> models) {
        repository = new LwM2mModelRepository(models);
    }

    @Override
    public LwM2mModel getObjectModel(Registration reg) {
        return new LwM2mModel() {
            @Override
            public ObjectModel getObjectModel(int id) {
                ObjectModel exact = reg.getSupportedVersion(id) == null ? null
                        : repository.getObjectModel(id, reg.getSupportedVersion(id));
                return exact != null ? exact : repository.getObjectModel(id);
            }

            @Override
            public ResourceModel getResourceModel(int object, int resource) {
                ObjectModel model = getObjectModel(object);
                if (model != null && !model.resources.containsKey(resource))
                    model = repository.getObjectModel(object); // a resource of a newer version
                return model == null ? null : model.resources.get(resource);
            }

            @Override
            public Collection<ObjectModel> getObjectModels() {
                List<ObjectModel> all = new ArrayList<>();
                for (Integer id : reg.getSupportedObject().keySet())
                    if (getObjectModel(id) != null)
                        all.add(getObjectModel(id));
                return all;
            }
        };
    }
}
